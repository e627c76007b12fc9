"""A bool in arithmetic is 0 or 1.

>>> add(True, True)
2
>>> add(True, 2)
3
>>> add(False, 0.5)
0.5
>>> multiply(True, 7)
7
>>> negate(True)
-1
>>> count_true(3, 5, 8)
2
"""

import ovenbird


@ovenbird.jit
def add(a, b):
    return a + b


@ovenbird.jit
def multiply(a, b):
    return a * b


@ovenbird.jit
def negate(a):
    return -a


@ovenbird.jit
def count_true(a, b, c):
    return (a > 4) + (b > 4) + (c > 4)
