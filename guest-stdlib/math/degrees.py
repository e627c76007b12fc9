"""`math.degrees`."""


def degrees(x):
    """Radians to degrees."""
    x = float(x)
    return x * 57.29577951308232
