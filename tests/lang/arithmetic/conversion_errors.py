"""`int` of a float that is no number.

>>> int_of_infinity()
Traceback (most recent call last):
OverflowError: cannot convert float infinity to integer
>>> int_of_nan()
Traceback (most recent call last):
ValueError: cannot convert float NaN to integer
"""

import ovenbird


@ovenbird.jit
def int_of_infinity():
    return int(float("inf"))


@ovenbird.jit
def int_of_nan():
    return int(float("nan"))
