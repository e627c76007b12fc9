"""`math.isclose`."""

from intrinsics import f64_abs

_INF = 1e999


def isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0):
    """True if a and b differ by at most rel_tol of the larger one, or by abs_tol."""
    a = float(a)
    b = float(b)
    if rel_tol < 0.0 or abs_tol < 0.0:
        raise ValueError("tolerances must be non-negative")
    if a == b:
        return True
    if f64_abs(a) == _INF or f64_abs(b) == _INF:
        return False
    difference = f64_abs(b - a)
    return difference <= f64_abs(rel_tol * b) or difference <= f64_abs(rel_tol * a) or difference <= abs_tol
