"""`np.array`. Of lists (nested up to two deep), tuples and arrays."""

from intrinsics import check, class_name, static_error, static_range, storage, type_of
from numpy._assign import packed
from numpy._make import empty_array


def array(object, dtype=None):
    """A new array with the elements of a sequence; without `dtype`, of their type."""
    if isinstance(object, ndarray):
        if dtype is None:
            return packed(object)
        return object.astype(dtype)
    if isinstance(object, tuple):
        return of_tuple(object, dtype)
    if isinstance(object, (list, range)):
        return of_list(object, dtype)
    if isinstance(object, (int, float, bool)):
        static_error("arrays without axes are not supported | write `np.array([x])`")
    static_error("`", class_name(object), "` cannot be made into an array")


def of_list(xs, dtype):
    """An array of a list of numbers, or of lists or arrays of numbers. (`isinstance` and `type_of`
    look at types alone: nothing is read where the list is empty.)"""
    if isinstance(xs.__item__(0), (list, ndarray)):
        return of_rows(xs, dtype)
    if isinstance(xs.__item__(0), tuple):
        return of_tuples(xs, dtype)
    n = len(xs)
    out = empty_array(kind(type_of(xs.__item__(0)), dtype), (n,))
    for i in range(n):
        out[i] = xs.__item__(i)
    return out


def of_rows(xs, dtype):
    """An array of two axes."""
    n = len(xs)
    columns = 0
    if n > 0:
        columns = len(xs.__item__(0))
    out = empty_array(kind(type_of(xs.__item__(0).__item__(0)), dtype), (n, columns))
    for i in range(n):
        row = xs.__item__(i)
        check(
            len(row) == columns,
            "ValueError",
            "setting an array element with a sequence. The requested array has an inhomogeneous shape after "
            + "1 dimensions. The detected shape was ({0},) + inhomogeneous part.",
            n,
        )
        for j in range(columns):
            out[i, j] = row.__item__(j)
    return out


def of_tuples(xs, dtype):
    """An array of two axes from a list of tuples of one length."""
    n = len(xs)
    columns = len(xs.__item__(0))
    item = joined(xs.__item__(0))
    out = empty_array(kind(type_of(item), dtype), (n, columns))
    for i in range(n):
        row = xs.__item__(i)
        for j in static_range(columns):
            out[i, j] = row[j]
    return out


def of_tuple(items, dtype):
    """An array of a tuple of numbers, or of tuples of numbers."""
    n = len(items)
    if n == 0:
        return empty_array(kind(type_of(0.0), dtype), (0,))
    if isinstance(items[0], tuple):
        columns = len(items[0])
        grid = empty_array(kind(type_of(joined(items[0])), dtype), (n, columns))
        for i in static_range(n):
            if len(items[i]) != columns:
                static_error("the rows of an array must have one length")
            for j in static_range(columns):
                grid[i, j] = items[i][j]
        return grid
    out = empty_array(kind(type_of(joined(items)), dtype), (n,))
    for i in static_range(n):
        out[i] = items[i]
    return out


def joined(items):
    """Some value of the type that holds all items of a tuple."""
    total = items[0]
    for item in items:
        if isinstance(item, float) or isinstance(total, bool):
            total = item
    return total


def kind(item, dtype):
    """The storage that is asked for, or that suits a type of values."""
    if dtype is not None:
        return storage(dtype)
    if class_name(item) == "?":
        return storage("float64")
    return storage(item)
