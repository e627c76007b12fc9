"""`sum(values, start=0)`. Differs from Python: the sum of an empty sequence of floats is 0.0."""


def sum(values, start=0):
    """The items added up, one after the other."""
    total = start
    for x in values:
        total = total + x
    return total
