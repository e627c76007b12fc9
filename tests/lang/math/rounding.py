"""`math.floor`, `ceil`, `trunc` give ints.

>>> floor(2.7)
2
>>> floor(-2.7)
-3
>>> floor(5)
5
>>> floor(-0.0)
0
>>> ceil(2.1)
3
>>> ceil(-2.9)
-2
>>> ceil(4)
4
>>> trunc(2.9)
2
>>> trunc(-2.9)
-2
>>> floor_of_infinity()
Traceback (most recent call last):
OverflowError: cannot convert float infinity to integer
>>> ceil_of_nan()
Traceback (most recent call last):
ValueError: cannot convert float NaN to integer
"""

import math

import ovenbird


@ovenbird.jit
def floor(x):
    return math.floor(x)


@ovenbird.jit
def ceil(x):
    return math.ceil(x)


@ovenbird.jit
def trunc(x):
    return math.trunc(x)


@ovenbird.jit
def floor_of_infinity():
    return math.floor(math.inf)


@ovenbird.jit
def ceil_of_nan():
    return math.ceil(math.nan)
