"""Comparisons of ints, floats, bools and mixtures.

>>> less(1, 2)
True
>>> less(2, 2)
False
>>> less(1, 1.5)
True
>>> less_or_equal(2, 2)
True
>>> greater(3, 2)
True
>>> greater(2.5, 3)
False
>>> greater_or_equal(2, 3)
False
>>> equal(1, 1.0)
True
>>> equal(0.1, 0.3)
False
>>> equal(True, 1)
True
>>> unequal(1, 2)
True
>>> equal(0.0, -0.0)
True
>>> is_none(5)
False
>>> is_none(None)
True
"""

import ovenbird


@ovenbird.jit
def less(a, b):
    return a < b


@ovenbird.jit
def less_or_equal(a, b):
    return a <= b


@ovenbird.jit
def greater(a, b):
    return a > b


@ovenbird.jit
def greater_or_equal(a, b):
    return a >= b


@ovenbird.jit
def equal(a, b):
    return a == b


@ovenbird.jit
def unequal(a, b):
    return a != b


@ovenbird.jit
def is_none(x):
    return x is None
