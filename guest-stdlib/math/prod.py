"""`math.prod`."""


def prod(values, start=1):
    """The product of the values and the start value."""
    result = start
    for value in values:
        result = result * value
    return result
