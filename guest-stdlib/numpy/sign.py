"""`np.sign` of numbers and arrays."""

from numpy._apply import each, operand


def _sign_of(x):
    if isinstance(x, float):
        return _float_sign(x)
    if x > 0:
        return 1
    if x < 0:
        return -1
    return 0


def _float_sign(x: float) -> float:
    if x > 0.0:
        return 1.0
    if x < 0.0:
        return -1.0
    return x + 0.0


def sign(x):
    """-1, 0 or 1; NaN for NaN."""
    a = operand(x, "np.sign")
    if isinstance(a, ndarray):
        return each(a, _sign_of, a.dtype)
    return _sign_of(a)
