"""Arrays as arguments and results of functions; one function for several element types.

>>> changed_by_callee()
(4.0, 8.0)
>>> rebound_in_callee()
(5, 1, 3.0)
>>> returned(4)
9
>>> two_results(3)
(1.0, 3)
>>> for_two_types()
(6, 0.75)
>>> same_array()
4.5
>>> prefix(5)
15
>>> swapped()
(3, 2)
>>> closure_over_array(3)
20
>>> dot_of_rows()
(11.0, 14.0)
"""

import numpy as np
import ovenbird


def double(a):
    for i in range(len(a)):
        a[i] *= 2


@ovenbird.jit
def changed_by_callee():
    a = np.array([1.0, 2.0])
    double(a)
    double(a)
    return float(a[0]), float(a[1])


def replaced(a):
    a = np.zeros(5)
    a[0] = 1.0
    return len(a)


@ovenbird.jit
def rebound_in_callee():
    a = np.array([3.0])
    n = replaced(a)
    return n, len(a), float(a[0])


def squares(n):
    a = np.empty(n, dtype=np.int64)
    for i in range(n):
        a[i] = i * i
    return a


@ovenbird.jit
def returned(n):
    return int(squares(n)[n - 1])


def bounds(n):
    return np.zeros(n), np.ones(n)


@ovenbird.jit
def two_results(n):
    low, high = bounds(n)
    return float(low[0] + high[n - 1]), len(low)


def total(a):
    s = a[0]
    for i in range(1, len(a)):
        s += a[i]
    return s


@ovenbird.jit
def for_two_types():
    return int(total(np.array([1, 2, 3]))), float(total(np.array([0.5, 0.25])))


@ovenbird.jit
def same_array():
    a = np.zeros(2)
    b = a
    b[0] = 4.5
    return float(a[0])


@ovenbird.jit
def prefix(n):
    a = np.arange(1, n + 1)
    for i in range(1, n):
        a[i] += a[i - 1]
    return int(a[n - 1])


@ovenbird.jit
def swapped():
    a = np.zeros(2)
    b = np.ones(3)
    a, b = b, a
    return len(a), len(b)


@ovenbird.jit
def closure_over_array(n):
    a = np.arange(n)

    def at(i):
        return a[i] * 10

    return int(at(0) + at(n - 1))


def dot(x, y):
    s = 0.0
    for i in range(x.shape[0]):
        s += x[i] * y[i]
    return s


@ovenbird.jit
def dot_of_rows():
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    return float(dot(a[0], a[1])), float(dot(a[:, 0], a[:, 1]))
