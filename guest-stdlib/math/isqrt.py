"""`math.isqrt`."""

from intrinsics import f64_sqrt, f64_to_int


def isqrt(n):
    """The integer part of the square root of n."""
    if n < 0:
        raise ValueError("isqrt() argument must be nonnegative")
    # The float's error is below one; the bound keeps the square within 64 bits.
    root = min(f64_to_int(f64_sqrt(float(n))), 3037000499)
    if root * root > n:
        root = root - 1
    return root
