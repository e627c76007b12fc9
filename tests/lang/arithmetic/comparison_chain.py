"""A chain holds when every link holds; the middle is evaluated once, and not past a false link.

>>> inside(0, 5, 10)
True
>>> inside(0, 10, 10)
False
>>> inside(0, -1, 10)
False
>>> inside(0.5, 1, 2)
True
>>> ascending(1, 2, 3, 4)
True
>>> ascending(1, 3, 2, 4)
False
>>> zigzag(1, 5, 2)
True
>>> same(2, 2.0, 2)
True
>>> evaluated_once(3)
middle 3
True
>>> evaluated_once(20)
middle 20
False
>>> stops_early(5)
False
"""

import ovenbird


def noisy(x):
    print("middle", x)
    return x


@ovenbird.jit
def inside(low, x, high):
    return low <= x < high


@ovenbird.jit
def ascending(a, b, c, d):
    return a < b < c < d


@ovenbird.jit
def zigzag(a, b, c):
    return a < b > c


@ovenbird.jit
def same(a, b, c):
    return a == b == c


@ovenbird.jit
def evaluated_once(x):
    return 0 < noisy(x) < 10


@ovenbird.jit
def stops_early(x):
    return 10 < x < noisy(100)
