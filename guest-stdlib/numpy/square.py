"""`np.square` of numbers and arrays."""

from numpy._apply import each, operand


def _square_of(x):
    return x * x


def square(x):
    """The element times itself."""
    a = operand(x, "np.square")
    if isinstance(a, ndarray):
        return each(a, _square_of, a.dtype)
    return a * a
