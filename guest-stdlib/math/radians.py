"""`math.radians`."""


def radians(x):
    """Degrees to radians."""
    x = float(x)
    return x * 0.017453292519943295
