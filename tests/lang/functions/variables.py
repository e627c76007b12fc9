"""Assignment: chained, swapped, taken apart.

>>> chained()
(8, 7, 7)
>>> swapped(1, 2)
(2, 1)
>>> rotated(1, 2, 3)
(3, 1, 2)
>>> deep()
7
"""

import ovenbird


@ovenbird.jit
def chained():
    a = b = c = 7
    a += 1
    return a, b, c


@ovenbird.jit
def swapped(a, b):
    a, b = b, a
    return a, b


@ovenbird.jit
def rotated(a, b, c):
    a, b, c = c, a, b
    return a, b, c


@ovenbird.jit
def deep():
    (a, b), c = (1, 2), 3
    return a + b * c
