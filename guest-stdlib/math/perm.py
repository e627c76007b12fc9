"""`math.perm`. Integers have 64 bits here: a larger result raises OverflowError."""


def perm(n, k=None):
    """The number of ways to choose k of n things with order; n! without k."""
    if n < 0:
        raise ValueError("n must be a non-negative integer")
    count = n
    if k is not None:
        count = k
    if count < 0:
        raise ValueError("k must be a non-negative integer")
    if count > n:
        return 0
    result = 1
    for i in range(count):
        if float(result) * float(n - i) > 9.2e18:
            raise OverflowError("perm() result is too large for a 64-bit integer")
        result = result * (n - i)
    return result
