"""Addresses of elements and views of arrays, by NumPy's basic indexing."""

from intrinsics import check_index, class_name, coerce, inline, ptr_add, sizeof, static_error, static_range, static_str
from numpy.ndarray.type import ndarray


def all_ints(index):
    """True if a tuple holds ints only (known at compile time)."""
    result = True
    for item in index:
        if not isinstance(item, int):
            result = False
    return result


def step_of(a, axis: static):
    """Bytes from one index of an axis to the next."""
    if a._steps is None:
        step = sizeof(a.dtype)
        for later in static_range(len(a.shape)):
            if later > axis:
                step = step * a.shape[later]
        return step
    return a._steps[axis]


@inline
def checked(a, axis: static, index):
    """An index of an axis, counted from 0; raises IndexError in NumPy's words."""
    return check_index(
        index,
        a.shape[axis],
        "IndexError",
        "index {0} is out of bounds for axis " + static_str(axis) + " with size {1}",
    )


@inline
def element_address(a, *index):
    """Address of one element: as many indices as axes."""
    if len(index) == 1:
        return ptr_add(a._data, checked(a, 0, index[0]) * step_of(a, 0))
    if len(index) == 2:
        i = checked(a, 0, index[0])
        j = checked(a, 1, index[1])
        if a._steps is None:
            return ptr_add(a._data, (i * a.shape[1] + j) * sizeof(a.dtype))
        return ptr_add(a._data, i * a._steps[0] + j * a._steps[1])
    offset = checked(a, 0, index[0]) * step_of(a, 0)
    for axis in static_range(len(index)):
        if axis > 0:
            offset = offset + checked(a, axis, index[axis]) * step_of(a, axis)
    return ptr_add(a._data, offset)


@inline
def item_view(a, index):
    """A view by a tuple of ints and slices; axes without an index are kept whole."""
    if len(index) > len(a.shape):
        static_error(
            "too many indices for array: array is " + static_str(len(a.shape)) + "-dimensional, but "
            + static_str(len(index)) + " were indexed"
        )
    data = a._data
    shape = ()
    steps = ()
    whole = a._steps is None
    kept = False
    for axis in static_range(len(a.shape)):
        length = a.shape[axis]
        step = step_of(a, axis)
        if axis >= len(index):
            shape = shape + (length,)
            steps = steps + (step,)
            kept = True
        elif isinstance(index[axis], int):
            data = ptr_add(data, checked(a, axis, index[axis]) * step)
            if kept:
                whole = False
        elif isinstance(index[axis], slice):
            part = index[axis]
            if part.start is None and part.stop is None and part.step is None:
                shape = shape + (length,)
                steps = steps + (step,)
            elif part.step is None:
                start, n = span(part, length)
                data = ptr_add(data, start * step)
                shape = shape + (n,)
                steps = steps + (step,)
                if kept:
                    whole = False
            else:
                start, n = stepped_span(part, length)
                data = ptr_add(data, start * step)
                shape = shape + (n,)
                steps = steps + (step * part.step,)
                whole = False
            kept = True
        else:
            static_error(
                "an index of an array with several axes must be made of ints and slices, found `"
                + class_name(index[axis]) + "`"
            )
    if whole:
        return ndarray(a.dtype, a._owner, data, shape, None)
    return ndarray(a.dtype, a._owner, data, shape, steps)


def clip(i: int, length: int) -> int:
    """A bound of a slice: counted from 0, within 0 and the length."""
    if i < 0:
        i = i + length
        if i < 0:
            return 0
        return i
    if i > length:
        return length
    return i


def span(part, length: int):
    """First index and number of indices of a slice without a step."""
    start = 0
    if part.start is not None:
        start = clip(part.start, length)
    stop = length
    if part.stop is not None:
        stop = clip(part.stop, length)
    if stop < start:
        return start, 0
    return start, stop - start


def stepped_span(part, length: int):
    """First index and number of indices of a slice with a step."""
    step = coerce(int, part.step)
    if step == 0:
        raise ValueError("slice step cannot be zero")
    if step > 0:
        start = 0
        if part.start is not None:
            start = clip(part.start, length)
        stop = length
        if part.stop is not None:
            stop = clip(part.stop, length)
        if stop <= start:
            return start, 0
        return start, (stop - start - 1) // step + 1
    start = length - 1
    if part.start is not None:
        start = clip_down(part.start, length)
    stop = -1
    if part.stop is not None:
        stop = clip_down(part.stop, length)
    if stop >= start:
        return 0, 0
    return start, (start - stop - 1) // (0 - step) + 1


def clip_down(i: int, length: int) -> int:
    """A bound of a slice that goes backwards: counted from 0, within -1 and the last index."""
    if i < 0:
        i = i + length
        if i < 0:
            return -1
        return i
    if i >= length:
        return length - 1
    return i
