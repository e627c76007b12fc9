"""What kind of float it is; signs; remainders.

>>> fabs(-2.5)
2.5
>>> fabs(-3)
3.0
>>> copysign(3.0, -0.0)
-3.0
>>> copysign(-3.0, 1.0)
3.0
>>> copysign(2, -1)
-2.0
>>> isnan(1.0)
False
>>> isinf(1.0)
False
>>> isfinite(1.0)
True
>>> isfinite(5)
True
>>> of_nan()
(True, False, False)
>>> of_infinity()
(False, True, False)
>>> fmod(7.5, 2.0)
1.5
>>> fmod(-7.5, 2.0)
-1.5
>>> fmod(7, -3)
1.0
>>> fmod(1.0, 0.0)
Traceback (most recent call last):
ValueError: math domain error
"""

import math

import ovenbird


@ovenbird.jit
def fabs(x):
    return math.fabs(x)


@ovenbird.jit
def copysign(x, y):
    return math.copysign(x, y)


@ovenbird.jit
def isnan(x):
    return math.isnan(x)


@ovenbird.jit
def isinf(x):
    return math.isinf(x)


@ovenbird.jit
def isfinite(x):
    return math.isfinite(x)


@ovenbird.jit
def of_nan():
    return math.isnan(math.nan), math.isinf(math.nan), math.isfinite(math.nan)


@ovenbird.jit
def of_infinity():
    return math.isnan(-math.inf), math.isinf(-math.inf), math.isfinite(-math.inf)


@ovenbird.jit
def fmod(x, y):
    return math.fmod(x, y)
