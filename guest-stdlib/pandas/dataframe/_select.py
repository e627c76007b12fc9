"""Columns of a frame by name."""

from intrinsics import is_static, static_error, static_index, static_near
from pandas.dataframe.type import DataFrame
from pandas.series.type import Series


def column_of(frame, name: static):
    """One column, as a Series."""
    column = frame._columns[position(frame, name)]
    return Series(column, name, frame._index, frame._index_name, frame._rows, frame._length, frame._count)


def select_columns(frame, names: static):
    """Several columns, as a frame."""
    columns = ()
    for name in names:
        columns = columns + (frame._columns[position(frame, name)],)
    return DataFrame(names, columns, frame._index, frame._index_name, frame._rows, frame._length, frame._count)


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
    text = ""
    for name in names:
        if text == "":
            text = name
        else:
            text = text + ", " + name
    return text
