"""Slices of one dimension are views: bounds are clipped, writes go through.

>>> part(2, 5)
2 3 4 of 3
>>> part(-3, -1)
7 8 of 2
>>> part(5, 2)
of 0
>>> part(0, 100)
0 1 2 3 4 5 6 7 8 9 of 10
>>> part(-100, 2)
0 1 of 2
>>> head(3)
0 1 2 of 3
>>> tail(7)
7 8 9 of 3
>>> last(2)
8 9 of 2
>>> whole()
0 1 2 of 3
>>> stepped(2)
0 2 4 6 8 of 5
>>> stepped(3)
0 3 6 9 of 4
>>> reversed_()
4 3 2 1 0 of 5
>>> backwards_part()
7 5 3 of 3
>>> write_through()
0.0 1.0 0.0 3.0 0.0 of 5
>>> write_to_base()
7.0
>>> write_through_step()
1 0 2 0 3 9 of 6
>>> slice_of_slice()
5 8 11 of 3
>>> negative_index_of_slice()
(4, 2)
>>> out_of_slice(3)
Traceback (most recent call last):
IndexError: index 3 is out of bounds for axis 0 with size 3
>>> passed_to_function()
0.0 2.5 2.5 0.0 1.0 of 5
>>> slice_outlives_base()
1 2 3 of 3
>>> bounds_in_variables(1, 4, 2)
1 3 5 7 of 4
"""

import numpy as np
import ovenbird


def show(a):
    for i in range(len(a)):
        print(a[i], end=" ")
    print("of", len(a))


@ovenbird.jit
def part(a, b):
    show(np.arange(10)[a:b])


@ovenbird.jit
def head(n):
    show(np.arange(10)[:n])


@ovenbird.jit
def tail(n):
    show(np.arange(10)[n:])


@ovenbird.jit
def last(n):
    show(np.arange(10)[-n:])


@ovenbird.jit
def whole():
    show(np.arange(3)[:])


@ovenbird.jit
def stepped(s):
    show(np.arange(10)[::s])


@ovenbird.jit
def reversed_():
    show(np.arange(5)[::-1])


@ovenbird.jit
def backwards_part():
    show(np.arange(10)[7:2:-2])


@ovenbird.jit
def write_through():
    a = np.zeros(5)
    b = a[1:4]
    b[0] = 1.0
    b[-1] = 3.0
    show(a)


@ovenbird.jit
def write_to_base():
    a = np.zeros(5)
    b = a[2:]
    a[2] = 7.0
    return float(b[0])


@ovenbird.jit
def write_through_step():
    a = np.zeros(6, dtype=np.int64)
    b = a[::2]
    for i in range(len(b)):
        b[i] = i + 1
    c = a[::-1]
    c[0] = 9
    show(a)


@ovenbird.jit
def slice_of_slice():
    a = np.arange(20)
    show(a[2:18][::3][1:4])


@ovenbird.jit
def negative_index_of_slice():
    a = np.arange(10)
    b = a[2:5]
    return int(b[-1]), int(b[-3])


@ovenbird.jit
def out_of_slice(i):
    a = np.arange(10)
    return int(a[2:5][i])


def fill(a, x):
    for i in range(len(a)):
        a[i] = x


@ovenbird.jit
def passed_to_function():
    a = np.zeros(5)
    fill(a[1:3], 2.5)
    fill(a[4:], 1.0)
    show(a)


def middle(n):
    a = np.arange(n)
    return a[1 : n - 1]


@ovenbird.jit
def slice_outlives_base():
    b = middle(5)
    for i in range(50):
        np.zeros(100)
    show(b)


@ovenbird.jit
def bounds_in_variables(a, b, c):
    show(np.arange(10)[a : b * c : c])
