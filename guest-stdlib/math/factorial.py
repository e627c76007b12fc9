"""`math.factorial`. Integers have 64 bits here: above 20! it raises OverflowError."""

_FACTORIALS = (
    1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800, 39916800, 479001600,
    6227020800, 87178291200, 1307674368000, 20922789888000,
    355687428096000, 6402373705728000, 121645100408832000, 2432902008176640000,
)


def factorial(n):
    """n!, the product of the integers from 1 to n."""
    if n < 0:
        raise ValueError("factorial() not defined for negative values")
    if n > 20:
        raise OverflowError("factorial() result is too large for a 64-bit integer")
    return _FACTORIALS[n]
