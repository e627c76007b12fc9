"""`np.rad2deg` of numbers and arrays."""

from numpy._apply import float_function


def _rad2deg_of(x: float) -> float:
    return x * 57.29577951308232


def rad2deg(x):
    """Radians to degrees."""
    return float_function(x, "np.rad2deg", _rad2deg_of)
