"""Two-dimensional arrays: making, elements, shape, IndexError of both axes.

>>> zeros(2, 3)
0.0 0.0 0.0 |
0.0 0.0 0.0 |
>>> ones_of_ints(2, 2)
1 1 |
1 1 |
>>> filled(2, 3)
0.0 1.0 2.0 |
10.0 11.0 12.0 |
>>> nested_literal(1, 0)
3
>>> nested_literal(-1, -1)
4
>>> nested_literal(2, 0)
Traceback (most recent call last):
IndexError: index 2 is out of bounds for axis 0 with size 2
>>> nested_literal(0, 2)
Traceback (most recent call last):
IndexError: index 2 is out of bounds for axis 1 with size 2
>>> nested_literal(0, -3)
Traceback (most recent call last):
IndexError: index -3 is out of bounds for axis 1 with size 2
>>> put(0, 5)
Traceback (most recent call last):
IndexError: index 5 is out of bounds for axis 1 with size 3
>>> shape(3, 4)
(3, 4)
>>> size(3, 4)
(12, 3)
>>> length(3, 4)
3
>>> unpacked(3, 4)
304
>>> dimensions()
(1, 2)
>>> matmul()
2.0 1.0 |
4.0 3.0 |
>>> transposed(2, 3)
0 3 |
1 4 |
2 5 |
>>> augmented()
11 2 |
3 20 |
>>> diagonal(4)
10.0
>>> bools(3)
8
>>> chained_index(1, 2)
6
"""

import numpy as np
import ovenbird


def show(a):
    rows, columns = a.shape
    for i in range(rows):
        for j in range(columns):
            print(a[i, j], end=" ")
        print("|")


@ovenbird.jit
def zeros(n, m):
    show(np.zeros((n, m)))


@ovenbird.jit
def ones_of_ints(n, m):
    show(np.ones((n, m), dtype=np.int64))


@ovenbird.jit
def filled(n, m):
    a = np.empty((n, m))
    for i in range(n):
        for j in range(m):
            a[i, j] = 10 * i + j
    show(a)


@ovenbird.jit
def nested_literal(i, j):
    a = np.array([[1, 2], [3, 4]])
    return int(a[i, j])


@ovenbird.jit
def put(i, j):
    a = np.zeros((2, 3))
    a[i, j] = 1.0
    return float(a[i, j])


@ovenbird.jit
def shape(n, m):
    return np.zeros((n, m)).shape


@ovenbird.jit
def size(n, m):
    a = np.zeros((n, m))
    return a.size, np.zeros(n).size


@ovenbird.jit
def length(n, m):
    return len(np.zeros((n, m)))


@ovenbird.jit
def unpacked(n, m):
    rows, columns = np.zeros((n, m)).shape
    return rows * 100 + columns


@ovenbird.jit
def dimensions():
    return np.zeros(2).ndim, np.zeros((2, 2)).ndim


@ovenbird.jit
def matmul():
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    b = np.array([[0.0, 1.0], [1.0, 0.0]])
    c = np.zeros((2, 2))
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            for k in range(a.shape[1]):
                c[i, j] += a[i, k] * b[k, j]
    show(c)


@ovenbird.jit
def transposed(n, m):
    a = np.zeros((n, m), dtype=np.int64)
    b = np.zeros((m, n), dtype=np.int64)
    for i in range(n):
        for j in range(m):
            a[i, j] = i * m + j
            b[j, i] = a[i, j]
    show(b)


@ovenbird.jit
def augmented():
    a = np.array([[1, 2], [3, 4]])
    a[0, 0] += 10
    a[-1, -1] *= 5
    show(a)


@ovenbird.jit
def diagonal(n):
    a = np.zeros((n, n))
    for i in range(n):
        a[i, i] = i + 1.0
    total = 0.0
    for i in range(n):
        total += a[i, i]
    return float(total)


@ovenbird.jit
def bools(n):
    a = np.zeros((n, n), dtype=np.bool_)
    a[0, 1] = True
    count = 0
    for i in range(n):
        for j in range(n):
            if not a[i, j]:
                count += 1
    return count


@ovenbird.jit
def chained_index(i, j):
    a = np.array([[1, 2, 3], [4, 5, 6]])
    return int(a[i][j])
