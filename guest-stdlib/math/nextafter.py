"""`math.nextafter`."""

from intrinsics import f64_bits, f64_copysign, f64_from_bits


def nextafter(x, y):
    """The next float after x towards y."""
    x = float(x)
    y = float(y)
    if x != x or y != y:
        return x + y
    if x == y:
        return y
    if x == 0.0:
        return f64_copysign(5e-324, y)
    # Away from zero, the bits count up.
    step = 1 if (y > x) == (x > 0.0) else -1
    return f64_from_bits(f64_bits(x) + step)
