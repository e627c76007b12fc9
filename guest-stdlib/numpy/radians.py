"""`np.radians` of numbers and arrays."""

from numpy._apply import float_function


def _radians_of(x: float) -> float:
    return x * 0.017453292519943295


def radians(x):
    """Degrees to radians."""
    return float_function(x, "np.radians", _radians_of)
