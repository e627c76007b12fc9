"""`pow(a, b)`. Differs from Python: no third argument."""


def pow(a, b: static):
    """The operator `**`."""
    return a**b
