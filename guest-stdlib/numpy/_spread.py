"""Broadcasting: arrays brought to one shape."""

from intrinsics import check, inline, static_range, static_str
from numpy._assign import packed
from numpy._index import step_of
from numpy.ndarray.type import ndarray


def same_shape(a, b):
    """True if two tuples of lengths, equally many, are equal."""
    result = True
    for axis in static_range(len(a)):
        if a[axis] != b[axis]:
            result = False
    return result


def places(count: static, first: static):
    """A shape in a message's template, with the numbers to come in: `({0},{1})`."""
    text = "("
    for i in static_range(count):
        if i > 0:
            text = text + ","
        text = text + "{" + static_str(i + first) + "}"
    if count == 1:
        text = text + ","
    return text + ")"


def joint_shape(a, b):
    """The shape that two shapes broadcast to; raises ValueError if there is none."""
    if len(a) < len(b):
        return joint_shape(b, a)
    extra = len(a) - len(b)
    text = "operands could not be broadcast together"
    args = ()
    if len(a) + len(b) <= 4:
        text = text + " with shapes " + places(len(a), 0) + " " + places(len(b), len(a)) + " "
        args = a + b
    out = ()
    for axis in static_range(len(a)):
        if axis < extra:
            out = out + (a[axis],)
        else:
            length = a[axis]
            other = b[axis - extra]
            check(length == other or length == 1 or other == 1, "ValueError", text, *args)
            if length == 1:
                length = other
            out = out + (length,)
    return out


def spread_view(a, shape):
    """A view of a shape that the array can be broadcast to: repeated axes have steps of 0."""
    extra = len(shape) - len(a.shape)
    text = "could not broadcast input array"
    args = ()
    if len(a.shape) + len(shape) <= 4:
        text = text + " from shape " + places(len(a.shape), 0) + " into shape " + places(len(shape), len(a.shape))
        args = a.shape + shape
    if extra < 0:
        # Leading axes of length 1 are dropped.
        for axis in static_range(0 - extra):
            check(a.shape[axis] == 1, "ValueError", text, *args)
    steps = ()
    for axis in static_range(len(shape)):
        if axis < extra:
            steps = steps + (0,)
        else:
            length = a.shape[axis - extra]
            check(length == shape[axis] or length == 1, "ValueError", text, *args)
            step = step_of(a, axis - extra)
            if length != shape[axis]:
                step = 0
            steps = steps + (step,)
    return ndarray(a.dtype, a._owner, a._data, shape, steps)


@inline
def spread_run(a, shape):
    """The array in a shape that it can be broadcast to, without gaps: itself if nothing changes."""
    if len(shape) == len(a.shape) and a._steps is None:
        if same_shape(a.shape, shape):
            return a
    return packed(spread_view(a, shape))
