"""`np.degrees` of numbers and arrays."""

from numpy._apply import float_function


def _degrees_of(x: float) -> float:
    return x * 57.29577951308232


def degrees(x):
    """Radians to degrees."""
    return float_function(x, "np.degrees", _degrees_of)
