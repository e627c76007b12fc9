"""`np.zeros`, `ones`, `empty`, `arange`, `array` of one dimension, and their element types.

>>> zeros(3)
0.0 0.0 0.0 of 3
>>> ones(3)
1.0 1.0 1.0 of 3
>>> zeros_of_ints(3)
0 0 0 of 3
>>> ones_of_bools(2)
True True of 2
>>> zeros_of_bools(2)
False False of 2
>>> filled(4)
0.0 0.5 1.0 1.5 of 4
>>> counted(4)
0 1 2 3 of 4
>>> between(2, 6)
2 3 4 5 of 4
>>> stepped(0, 10, 4)
0 4 8 of 3
>>> backwards(5, 0, -2)
5 3 1 of 3
>>> of_floats(1.0, 0.5)
0.0 0.5 of 2
>>> from_ints()
3 1 2 of 3
>>> from_floats()
0.5 -1.5 of 2
>>> from_bools()
True False of 2
>>> from_a_list(4)
0.0 1.5 3.0 4.5 of 4
>>> none(0)
of 0
"""

import numpy as np
import ovenbird


def show(a):
    for i in range(len(a)):
        print(a[i], end=" ")
    print("of", len(a))


@ovenbird.jit
def zeros(n):
    show(np.zeros(n))


@ovenbird.jit
def ones(n):
    show(np.ones(n))


@ovenbird.jit
def zeros_of_ints(n):
    show(np.zeros(n, dtype=np.int64))


@ovenbird.jit
def ones_of_bools(n):
    show(np.ones(n, dtype=np.bool_))


@ovenbird.jit
def zeros_of_bools(n):
    show(np.zeros(n, np.bool_))


@ovenbird.jit
def filled(n):
    a = np.empty(n)
    for i in range(n):
        a[i] = i * 0.5
    show(a)


@ovenbird.jit
def counted(n):
    show(np.arange(n))


@ovenbird.jit
def between(a, b):
    show(np.arange(a, b))


@ovenbird.jit
def stepped(a, b, c):
    show(np.arange(a, b, c))


@ovenbird.jit
def backwards(a, b, c):
    show(np.arange(a, b, c))


@ovenbird.jit
def of_floats(stop, step):
    show(np.arange(0.0, stop, step))


@ovenbird.jit
def from_ints():
    show(np.array([3, 1, 2]))


@ovenbird.jit
def from_floats():
    show(np.array([0.5, -1.5]))


@ovenbird.jit
def from_bools():
    show(np.array([True, False]))


@ovenbird.jit
def from_a_list(n):
    xs = []
    for i in range(n):
        xs.append(i * 1.5)
    show(np.array(xs))


@ovenbird.jit
def none(n):
    show(np.zeros(n))
