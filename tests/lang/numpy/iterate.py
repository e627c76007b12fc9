"""`for` over an array gives its elements.

>>> total()
7.0
>>> largest()
9
>>> count_true()
2
>>> over_slice()
246
>>> over_empty()
-1.0
"""

import numpy as np
import ovenbird


@ovenbird.jit
def total():
    s = 0.0
    for x in np.array([1.5, 2.5, 3.0]):
        s += x
    return float(s)


@ovenbird.jit
def largest():
    a = np.array([3, 9, 2])
    best = a[0]
    for x in a:
        if x > best:
            best = x
    return int(best)


@ovenbird.jit
def count_true():
    count = 0
    for flag in np.array([True, False, True]):
        if flag:
            count += 1
    return count


@ovenbird.jit
def over_slice():
    s = 0
    for x in np.arange(10)[2:8:2]:
        s = s * 10 + x
    return int(s)


@ovenbird.jit
def over_empty():
    for x in np.zeros(0):
        return float(x)
    return -1.0
