"""What the host hands over as an argument of a function."""

from border._texts import list_of
from intrinsics import is_static, null_block, static_map
from numpy.ndarray.type import ndarray
from pandas._columns.given import given_column
from pandas.dataframe.type import DataFrame


def take(given):
    """The array, the frame, the list, or the value itself."""
    if _begins_with(given, "array"):
        return ndarray(given[1], given[2], given[3], given[4], None)
    if _begins_with(given, "frame"):
        return _frame(given[1], static_map(given_column, given[2]))
    if _begins_with(given, "texts"):
        return list_of(given[1], given[2], given[3])
    if isinstance(given, tuple):
        return static_map(take, given)
    return given


def _frame(names, columns):
    rows = 0
    if len(columns) > 0:
        rows = columns[0]._length
    return DataFrame(names, columns, None, None, None, None, None, null_block(), rows, rows)


def _begins_with(given, word):
    """True for a tuple that begins with a word that is known when the function is compiled."""
    if isinstance(given, tuple):
        if len(given) > 0:
            if isinstance(given[0], str):
                if is_static(given[0]):
                    return given[0] == word
    return False
