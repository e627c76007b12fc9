"""Columns of a frame by name."""

from intrinsics import (
    is_static, static_error, static_index, static_len, static_map, static_near, static_range,
)
from pandas.dataframe._columns import with_columns


# Most names that a message lists.
_LISTED = 12


def select_columns(frame, names: static):
    """Several columns, as a frame."""

    def one(name: static):
        return frame._columns[position(frame, name)]

    columns = static_map(one, names)
    return with_columns(frame, names, columns, frame._chain)


def position(frame, name: static):
    """Number of a column. An unknown name is an error at compile time."""
    if not is_static(name):
        static_error(
            "the name of a column must be known when the function is compiled",
            " | write it as a literal, or loop over a tuple of literals",
        )
    found = static_index(frame._names, name)
    if found < 0:
        near = static_near(frame._names, name)
        if near is None:
            static_error("no column `", _plain(name), "`; the frame has ", _listed(frame._names))
        static_error(
            "no column `", _plain(name), "`; the frame has ", _listed(frame._names), " | did you mean `", near, "`?"
        )
    return found


def _plain(name: static):
    return name


def _listed(names):
    text = names[0]
    for i in static_range(static_len(names)):
        if i > 0 and i < _LISTED:
            text = text + ", " + names[i]
        if i == _LISTED:
            text = text + ", …"
    return text
