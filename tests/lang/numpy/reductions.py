"""Reductions of whole arrays.

>>> total()
7.0
>>> mean()
3.0
>>> extremes()
(-1.0, 5.0)
>>> of_ints()
(45, 4.5, 0, 9)
>>> functions()
(5.0, 2.5, 1.0, 4.0)
>>> of_slice()
12
>>> exact(1000)
(249750.0, 249.75)
"""

import numpy as np
import ovenbird


@ovenbird.jit
def total():
    return float(np.array([1.5, 2.5, 3.0]).sum())


@ovenbird.jit
def mean():
    return float(np.array([1.0, 2.0, 6.0]).mean())


@ovenbird.jit
def extremes():
    a = np.array([2.0, -1.0, 5.0])
    return float(a.min()), float(a.max())


@ovenbird.jit
def of_ints():
    a = np.arange(10)
    return int(a.sum()), float(a.mean()), int(a.min()), int(a.max())


@ovenbird.jit
def functions():
    a = np.array([1.0, 4.0])
    return float(np.sum(a)), float(np.mean(a)), float(np.min(a)), float(np.max(a))


@ovenbird.jit
def of_slice():
    return int(np.arange(10)[1:8:3].sum())


@ovenbird.jit
def exact(n):
    a = np.empty(n)
    for i in range(n):
        a[i] = i * 0.5
    return float(a.sum()), float(a.mean())
