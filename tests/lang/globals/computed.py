"""A global whose value is computed is one that functions read at run time.

>>> scaled(4.0)
10.0
>>> nearest(7)
3
>>> shifted
[11, 12]
>>> describe()
'yes'
"""

import numpy as np

import ovenbird


@ovenbird.jit
def make(n):
    total = 0.0
    for i in range(n):
        total += i * 0.25
    return total


rate = make(5)


@ovenbird.jit
def scaled(x):
    return x * rate


grid = np.array([1.0, 3.0, 8.0, 13.0])


@ovenbird.jit
def nearest(x):
    best = 0
    for i in range(len(grid)):
        if abs(grid[i] - x) < abs(grid[best] - x):
            best = i
    return best + 1


offset = len([7, 8, 9]) + 7


@ovenbird.jit
def shift(values):
    out = []
    for value in values:
        out.append(value + offset)
    return out


shifted = shift([1, 2])
flag = rate > 1.0


@ovenbird.jit
def describe():
    return "yes" if flag else "no"
