"""`math.fsum`.

Method: Jonathan Shewchuk, Adaptive precision floating-point arithmetic (1997): the sum so far is kept
as a list of partial sums that do not overlap, so it is exact, and is rounded once.
"""

from intrinsics import f64_abs

_INF = 1e999


def fsum(values):
    """The sum of the values, correctly rounded."""
    partials = [0.0]
    infinities = 0.0
    special = 0.0
    for value in values:
        x = float(value)
        if f64_abs(x) < _INF:
            count = 0
            for i in range(len(partials)):
                y = partials[i]
                if f64_abs(x) < f64_abs(y):
                    x, y = y, x
                hi = x + y
                lo = y - (hi - x)
                if lo != 0.0:
                    partials[count] = lo
                    count = count + 1
                x = hi
            if f64_abs(x) == _INF:
                raise OverflowError("intermediate overflow in fsum")
            while len(partials) > count:
                partials.pop()
            partials.append(x)
        else:
            if x == x:
                infinities = infinities + x
            special = special + x
    if special != 0.0:
        if infinities != infinities:
            raise ValueError("-inf + inf in fsum")
        return special
    return _rounded(partials)


def _rounded(partials):
    """The sum of partials in increasing order that do not overlap, rounded half to even."""
    i = len(partials) - 1
    hi = partials[i]
    lo = 0.0
    while i > 0:
        i = i - 1
        x = hi
        y = partials[i]
        hi = x + y
        lo = y - (hi - x)
        if lo != 0.0:
            break
    # If the rest is exactly half a unit, the parts below it decide.
    if i > 0 and ((lo < 0.0 and partials[i - 1] < 0.0) or (lo > 0.0 and partials[i - 1] > 0.0)):
        y = lo * 2.0
        x = hi + y
        if y == x - hi:
            hi = x
    return hi
