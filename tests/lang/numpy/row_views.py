"""Rows, columns and blocks of two-dimensional arrays are views.

>>> row(1)
10 11 12 13 |
>>> row(-1)
20 21 22 23 |
>>> row(3)
Traceback (most recent call last):
IndexError: index 3 is out of bounds for axis 0 with size 3
>>> row_with_colon(0)
0 1 2 3 |
>>> column(1)
1 11 21 |
>>> column(-1)
3 13 23 |
>>> column(4)
Traceback (most recent call last):
IndexError: index 4 is out of bounds for axis 1 with size 4
>>> block()
11 12 |
21 22 |
>>> rows()
0 1 2 3 |
10 11 12 13 |
>>> write_to_row()
0 1 2 3 |
99 11 12 13 |
20 21 22 23 |
>>> write_to_column()
0 1 -1 3 |
10 11 -1 13 |
20 21 -1 23 |
>>> write_to_block()
0 1 7 3 |
10 11 12 8 |
20 21 22 23 |
>>> swap_rows()
20 21 22 23 |
10 11 12 13 |
0 1 2 3 |
>>> row_passed_to_function()
(86, 39, 36)
>>> shape_of_views()
((4,), (3,), (2, 2), (0, 4))
>>> stepped()
3 2 1 0 |
23 22 21 20 |
"""

import numpy as np
import ovenbird


def grid():
    a = np.zeros((3, 4), dtype=np.int64)
    for i in range(3):
        for j in range(4):
            a[i, j] = 10 * i + j
    return a


def show(a):
    for i in range(len(a)):
        print(a[i], end=" ")
    print("|")


def show_grid(a):
    for i in range(a.shape[0]):
        show(a[i])


@ovenbird.jit
def row(i):
    show(grid()[i])


@ovenbird.jit
def row_with_colon(i):
    show(grid()[i, :])


@ovenbird.jit
def column(j):
    show(grid()[:, j])


@ovenbird.jit
def block():
    show_grid(grid()[1:, 1:3])


@ovenbird.jit
def rows():
    show_grid(grid()[:2])


@ovenbird.jit
def write_to_row():
    a = grid()
    r = a[1]
    r[0] = 99
    show_grid(a)


@ovenbird.jit
def write_to_column():
    a = grid()
    c = a[:, 2]
    for i in range(len(c)):
        c[i] = -1
    show_grid(a)


@ovenbird.jit
def write_to_block():
    a = grid()
    b = a[:2, 2:]
    b[0, 0] = 7
    b[-1, -1] = 8
    show_grid(a)


@ovenbird.jit
def swap_rows():
    a = grid()
    for j in range(a.shape[1]):
        a[0, j], a[2, j] = a[2, j], a[0, j]
    show_grid(a)


def total(a):
    s = 0
    for i in range(len(a)):
        s += a[i]
    return s


@ovenbird.jit
def row_passed_to_function():
    a = grid()
    return int(total(a[2])), int(total(a[:, 3])), int(total(a[1, 1:]))


@ovenbird.jit
def shape_of_views():
    a = grid()
    return a[0].shape, a[:, 0].shape, a[1:, :2].shape, a[0:0].shape


@ovenbird.jit
def stepped():
    show_grid(grid()[::2, ::-1])
