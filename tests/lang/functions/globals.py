"""Module-level constants, and functions that are defined further down.

>>> circle(2.0)
12.56636
>>> limit()
45
>>> name()
'ovenbird!'
>>> table(1)
11
>>> derived()
21
>>> shadowed()
3
>>> later(3)
30
>>> flag()
'release'
"""

import ovenbird

PI = 3.14159
LIMIT = 10
NAME = "ovenbird"
SIZES = (1, 10, 100)
DERIVED = LIMIT * 2 + 1
DEBUG = False


@ovenbird.jit
def circle(r):
    return PI * r * r


@ovenbird.jit
def limit():
    total = 0
    for i in range(LIMIT):
        total += i
    return total


@ovenbird.jit
def name():
    return NAME + "!"


@ovenbird.jit
def table(i):
    return SIZES[i] + SIZES[0]


@ovenbird.jit
def derived():
    return DERIVED


@ovenbird.jit
def shadowed():
    LIMIT = 3
    return LIMIT


@ovenbird.jit
def later(x):
    return defined_below(x)


def defined_below(x):
    return x * LIMIT


@ovenbird.jit
def flag():
    if DEBUG:
        return "debug"
    return "release"
