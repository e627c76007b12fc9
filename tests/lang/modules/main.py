"""Functions, constants and constants of functions from a neighbouring file.

>>> cleaned(15.0)
10.0
>>> cleaned(-3.0)
0.0
>>> through_module(4)
11
>>> renamed(4)
8
>>> constant()
3
>>> chain(2)
24
"""

import helpers
import ovenbird
from helpers import FACTOR, clean, through_third
from helpers import twice as doubled


@ovenbird.jit
def cleaned(x):
    return clean(x)


@ovenbird.jit
def through_module(x):
    return helpers.twice(x) + helpers.FACTOR


@ovenbird.jit
def renamed(x):
    return doubled(x)


@ovenbird.jit
def constant():
    return FACTOR


@ovenbird.jit
def chain(x):
    return through_third(x)
