"""`math.modf`, `frexp`, `ldexp`, `remainder`, `isclose`.

>>> modf(2.75)
(0.75, 2.0)
>>> modf(-2.75)
(-0.75, -2.0)
>>> frexp(8.0)
(0.5, 4)
>>> frexp(-0.3)
(-0.6, -1)
>>> frexp(0.0)
(0.0, 0)
>>> ldexp(0.5, 4)
8.0
>>> ldexp(1.0, -1074)
5e-324
>>> remainder(7.0, 2.0)
-1.0
>>> remainder(5.0, 3.0)
-1.0
>>> isclose(1.0, 1.0000000001)
True
>>> isclose(1.0, 1.1)
False
"""

import math

import ovenbird


@ovenbird.jit
def modf(x):
    return math.modf(x)


@ovenbird.jit
def frexp(x):
    return math.frexp(x)


@ovenbird.jit
def ldexp(x, n):
    return math.ldexp(x, n)


@ovenbird.jit
def remainder(x, y):
    return math.remainder(x, y)


@ovenbird.jit
def isclose(x, y):
    return math.isclose(x, y)
