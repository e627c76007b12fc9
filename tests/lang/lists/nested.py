"""Lists of lists and lists of tuples.

>>> literal()
[[1, 2], [3, 4, 5]]
>>> pascal(5)
[[1], [1, 1], [1, 2, 1], [1, 3, 3, 1], [1, 4, 6, 4, 1]]
>>> total([[1, 2], [3], []])
6
>>> element([[1, 2], [3, 4]], 1, 0)
3
>>> element([[1, 2], [3, 4]], -1, -1)
4
>>> element([[1, 2], [3, 4]], 0, 2)
Traceback (most recent call last):
IndexError: list index out of range
>>> pairs(3)
[(0, 0.0, 'n0'), (1, 0.5, 'n1'), (2, 1.0, 'n2')]
>>> of_tuples([(1, 2.5), (3, 4.5)])
(4, 4.5)
>>> loop_over_pairs([(1, 2.5), (3, 4.5)])
16.0
>>> set_inner()
[[0, 5], [7, 8, 9]]
>>> tuple_set()
[(9, 9), (3, 4)]
"""

import ovenbird


@ovenbird.jit
def literal():
    return [[1, 2], [3, 4, 5]]


@ovenbird.jit
def pascal(n):
    rows = [[1]]
    for i in range(1, n):
        above = rows[i - 1]
        row = [1]
        for j in range(1, i):
            row.append(above[j - 1] + above[j])
        row.append(1)
        rows.append(row)
    return rows


@ovenbird.jit
def total(rows):
    s = 0
    for row in rows:
        for x in row:
            s += x
    return s


@ovenbird.jit
def element(rows, i, j):
    return rows[i][j]


@ovenbird.jit
def pairs(n):
    out = []
    for i in range(n):
        out.append((i, i / 2, "n" + str(i)))
    return out


@ovenbird.jit
def of_tuples(ps):
    a, b = ps[1]
    return a + ps[0][0], b


@ovenbird.jit
def loop_over_pairs(ps):
    s = 0.0
    for n, x in ps:
        s += n * x
    return s


@ovenbird.jit
def set_inner():
    rows = [[0, 0], [0, 0]]
    rows[0][1] = 5
    rows[1] = [7, 8, 9]
    return rows


@ovenbird.jit
def tuple_set():
    ps = [(1, 2), (3, 4)]
    ps[0] = (9, 9)
    return ps
