"""Errors of array operations, in the words of NumPy.

>>> add(2, 3)
Traceback (most recent call last):
ValueError: operands could not be broadcast together with shapes (2,) (3,) 
>>> assign(2, 3)
Traceback (most recent call last):
ValueError: could not broadcast input array from shape (3,) into shape (2,)
>>> negative(-1)
Traceback (most recent call last):
ValueError: negative dimensions are not allowed
>>> mask(3, 2)
Traceback (most recent call last):
IndexError: boolean index did not match indexed array along axis 0; size of axis is 3 but size of corresponding boolean axis is 2
>>> zero_step(0)
Traceback (most recent call last):
ValueError: slice step cannot be zero
>>> empty_min(0)
Traceback (most recent call last):
ValueError: zero-size array to reduction operation minimum which has no identity
>>> row_add(2)
[[0. 1.]
 [1. 2.]]
>>> truth(2)
Traceback (most recent call last):
ValueError: The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()
>>> loop_join(3)
6.0
>>> view_in_loop(4)
18
"""
import numpy as np
import ovenbird

@ovenbird.jit
def add(n, m):
    return (np.zeros(n) + np.zeros(m)).sum()

@ovenbird.jit
def assign(n, m):
    a = np.zeros(n)
    a[:] = np.ones(m)

@ovenbird.jit
def negative(n):
    np.zeros(n)

@ovenbird.jit
def mask(n, m):
    a = np.zeros(n)
    return a[np.ones(m, dtype=bool)].sum()

@ovenbird.jit
def zero_step(s):
    return np.zeros(3)[::s].sum()

@ovenbird.jit
def empty_min(n):
    return np.zeros(n).min()

@ovenbird.jit
def row_add(n):
    a = np.arange(0.0, 1.0 * n).reshape(n, 1)
    print(a + np.arange(n))

@ovenbird.jit
def truth(n):
    if np.zeros(n):
        print("x")

@ovenbird.jit
def loop_join(n):
    a = np.zeros(1)
    for i in range(n):
        a = np.concatenate((a, np.array([1.0 * i + 1.0])))
    return float(a.sum())

@ovenbird.jit
def view_in_loop(n):
    a = np.arange(n * n).reshape(n, n)
    best = 0
    for i in range(n):
        r = a[i]
        c = a[:, i]
        if r[0] + c[1] > best:
            best = r[0] + c[1]
    return int(best) + int(a[1:3, 1:3].sum()) * 0 - 1
