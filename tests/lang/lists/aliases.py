"""Two names of one list see each other's changes; a function changes its caller's list.

>>> two_names()
([10, 2, 3], 3)
>>> rebound()
([1, 2], [3, 4])
>>> changed_by_callee()
[1, 2, 3]
>>> rebound_in_callee()
([1], 2)
>>> held_in_a_tuple()
[1, 2]
>>> inner_list_is_shared()
[[0, 7], [0, 7]]
>>> swapped_lists()
([2, 3], [1])
>>> survives()
[1, 2]
"""

import ovenbird


@ovenbird.jit
def two_names():
    a = [1, 2]
    b = a
    b.append(3)
    b[0] = 10
    return a, len(a)


@ovenbird.jit
def rebound():
    a = [1, 2]
    b = a
    b = [3]
    b.append(4)
    return a, b


def push(xs, x):
    xs.append(x)


@ovenbird.jit
def changed_by_callee():
    xs = [1]
    push(xs, 2)
    push(xs, 3)
    return xs


def replace(xs):
    xs = [9, 9]
    return len(xs)


@ovenbird.jit
def rebound_in_callee():
    xs = [1]
    n = replace(xs)
    return xs, n


@ovenbird.jit
def held_in_a_tuple():
    xs = [1]
    t = (xs, 5)
    t[0].append(2)
    return xs


@ovenbird.jit
def inner_list_is_shared():
    row = [0, 0]
    grid = [row, row]
    grid[0][1] = 7
    return grid


@ovenbird.jit
def swapped_lists():
    a = [1]
    b = [2]
    a, b = b, a
    a.append(3)
    return a, b


def make(n):
    xs = [n]
    xs.append(n + 1)
    return xs


@ovenbird.jit
def survives():
    first = make(1)
    for i in range(100):
        make(i)
    return first
