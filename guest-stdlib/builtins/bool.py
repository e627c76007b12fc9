"""`bool(x)`: the truth value."""


def bool(x=False):
    """True unless `x` is zero, empty or None."""
    return not not x
