"""`math.sqrt` and `hypot`.

>>> sqrt(2.0)
1.4142135623730951
>>> sqrt(16)
4.0
>>> sqrt(0.0)
0.0
>>> sqrt(-0.0)
-0.0
>>> sqrt(-1.0)
Traceback (most recent call last):
ValueError: math domain error
>>> sqrt(-1)
Traceback (most recent call last):
ValueError: math domain error
>>> hypot(3.0, 4.0)
5.0
>>> hypot(5, 12)
13.0
>>> hypot(0.0, -2.5)
2.5
>>> sqrt_of_infinity()
inf
>>> sqrt_of_nan()
nan
"""

import math

import ovenbird


@ovenbird.jit
def sqrt(x):
    return math.sqrt(x)


@ovenbird.jit
def hypot(x, y):
    return math.hypot(x, y)


@ovenbird.jit
def sqrt_of_infinity():
    return math.sqrt(math.inf)


@ovenbird.jit
def sqrt_of_nan():
    return math.sqrt(math.nan)
