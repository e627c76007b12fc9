"""A value or an array assigned to a slice.

>>> scalar()
0.0 2.5 2.5 0.0 0.0 |
>>> whole()
7 7 7 |
>>> row()
0.0 0.0 0.0 |
1.0 1.0 1.0 |
>>> column()
0.0 4.0 0.0 |
0.0 4.0 0.0 |
>>> from_array()
0.0 1.0 2.0 3.0 0.0 |
"""

import numpy as np
import ovenbird


def show(a):
    for i in range(len(a)):
        print(a[i], end=" ")
    print("|")


@ovenbird.jit
def scalar():
    a = np.zeros(5)
    a[1:3] = 2.5
    show(a)


@ovenbird.jit
def whole():
    a = np.empty(3, dtype=np.int64)
    a[:] = 7
    show(a)


@ovenbird.jit
def row():
    a = np.zeros((2, 3))
    a[1] = 1.0
    show(a[0])
    show(a[1])


@ovenbird.jit
def column():
    a = np.zeros((2, 3))
    a[:, 1] = 4.0
    show(a[0])
    show(a[1])


@ovenbird.jit
def from_array():
    a = np.zeros(5)
    a[1:4] = np.array([1.0, 2.0, 3.0])
    show(a)
