"""`math.comb`. Integers have 64 bits here: a larger result raises OverflowError."""

from math._gcd import gcd_core


def comb(n, k):
    """The number of ways to choose k of n things without order."""
    if n < 0:
        raise ValueError("n must be a non-negative integer")
    if k < 0:
        raise ValueError("k must be a non-negative integer")
    if k > n:
        return 0
    k = min(k, n - k)
    result = 1
    for i in range(1, k + 1):
        # result is C(n-k+i-1, i-1); cancelling first keeps every product within the result.
        g = gcd_core(result, i)
        factor = (n - k + i) // (i // g)
        result = result // g
        if float(result) * float(factor) > 9.2e18:
            raise OverflowError("comb() result is too large for a 64-bit integer")
        result = result * factor
    return result
