"""`np.deg2rad` of numbers and arrays."""

from numpy._apply import float_function


def _deg2rad_of(x: float) -> float:
    return x * 0.017453292519943295


def deg2rad(x):
    """Degrees to radians."""
    return float_function(x, "np.deg2rad", _deg2rad_of)
