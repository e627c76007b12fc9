"""`np.negative` of numbers and arrays."""

from numpy._apply import operand


def negative(x):
    """The element with the other sign."""
    return -operand(x, "np.negative")
