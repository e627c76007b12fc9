"""Elements of one-dimensional arrays: get, set, negative indices, IndexError in NumPy's words.

>>> get(0)
1.5
>>> get(2)
3.5
>>> get(-1)
3.5
>>> get(-3)
1.5
>>> get(3)
Traceback (most recent call last):
IndexError: index 3 is out of bounds for axis 0 with size 3
>>> get(-4)
Traceback (most recent call last):
IndexError: index -4 is out of bounds for axis 0 with size 3
>>> put(1, 9.5)
(0.0, 9.5, 0.0)
>>> put(-1, 9.5)
(0.0, 0.0, 9.5)
>>> put(5, 1.0)
Traceback (most recent call last):
IndexError: index 5 is out of bounds for axis 0 with size 3
>>> augmented()
(11, 10, 2)
>>> of_ints(1)
5
>>> of_bools(0)
(False, True, True)
>>> of_empty(0)
Traceback (most recent call last):
IndexError: index 0 is out of bounds for axis 0 with size 0
>>> swapped()
(2, 1)
>>> in_a_loop(3, 4)
Traceback (most recent call last):
IndexError: index 3 is out of bounds for axis 0 with size 3
>>> computed(3)
-6
"""

import numpy as np
import ovenbird


@ovenbird.jit
def get(i):
    a = np.array([1.5, 2.5, 3.5])
    return float(a[i])


@ovenbird.jit
def put(i, x):
    a = np.zeros(3)
    a[i] = x
    return float(a[0]), float(a[1]), float(a[2])


@ovenbird.jit
def augmented():
    a = np.array([1, 2, 3])
    a[0] += 10
    a[1] *= 5
    a[-1] -= 1
    return int(a[0]), int(a[1]), int(a[2])


@ovenbird.jit
def of_ints(i):
    a = np.arange(5)
    return int(a[i] + a[-i])


@ovenbird.jit
def of_bools(i):
    a = np.ones(2, dtype=np.bool_)
    a[i] = False
    return bool(a[0]), bool(a[1]), bool(not a[0])


@ovenbird.jit
def of_empty(i):
    return float(np.zeros(0)[i])


@ovenbird.jit
def swapped():
    a = np.array([1, 2])
    a[0], a[1] = a[1], a[0]
    return int(a[0]), int(a[1])


@ovenbird.jit
def in_a_loop(n, m):
    a = np.zeros(n)
    for i in range(m):
        a[i] = 1.0
    return len(a)


@ovenbird.jit
def computed(n):
    a = np.arange(2 * n)
    total = 0
    for i in range(n):
        total += a[2 * i] - a[-i - 1]
    return int(total)
