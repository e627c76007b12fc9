"""`math.isnan`."""


def isnan(x):
    """True if x is not a number."""
    x = float(x)
    return x != x
