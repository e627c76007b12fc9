"""A shift by a negative count raises.

>>> left(1, -1)
Traceback (most recent call last):
ValueError: negative shift count
>>> right(1, -1)
Traceback (most recent call last):
ValueError: negative shift count
"""

import ovenbird


@ovenbird.jit
def left(a, b):
    return a << b


@ovenbird.jit
def right(a, b):
    return a >> b
