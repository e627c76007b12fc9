"""Constants, and the ways to import them.

>>> constants()
(3.141592653589793, 2.718281828459045, 6.283185307179586)
>>> infinity()
(inf, -inf, nan)
>>> imported(2.0)
12.566370614359172
>>> renamed(9.0)
6.0
"""

import math
import math as m
from math import pi, sqrt

import ovenbird


@ovenbird.jit
def constants():
    return math.pi, math.e, math.tau


@ovenbird.jit
def infinity():
    return math.inf, -math.inf, math.nan


@ovenbird.jit
def imported(r):
    return pi * r * r


@ovenbird.jit
def renamed(x):
    return m.sqrt(x) + sqrt(x)
