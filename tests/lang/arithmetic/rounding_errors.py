"""`round` of what has no nearest int.

>>> nearest_of_infinity()
Traceback (most recent call last):
OverflowError: cannot convert float infinity to integer
>>> nearest_of_nan()
Traceback (most recent call last):
ValueError: cannot convert float NaN to integer
>>> digits_of_infinity()
inf
>>> digits_of_nan()
nan
"""

import ovenbird


@ovenbird.jit
def nearest_of_infinity():
    return round(float("inf"))


@ovenbird.jit
def nearest_of_nan():
    return round(float("nan"))


@ovenbird.jit
def digits_of_infinity():
    return round(float("inf"), 2)


@ovenbird.jit
def digits_of_nan():
    return round(float("nan"), 2)
