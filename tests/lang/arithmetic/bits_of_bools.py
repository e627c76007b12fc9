"""`&`, `|` and `^` of two bools give a bool.

>>> both(True, False)
False
>>> either(True, False)
True
>>> one(True, True)
False
>>> one(True, False)
True
"""

import ovenbird


@ovenbird.jit
def both(a, b):
    return a & b


@ovenbird.jit
def either(a, b):
    return a | b


@ovenbird.jit
def one(a, b):
    return a ^ b
