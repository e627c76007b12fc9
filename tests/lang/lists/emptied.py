"""A variable that is given a second empty list has only what is appended to that one.

>>> again(3)
[20, 21, 22]
>>> at_top
[2]
>>> in_loop(3)
[[0], [1], [2]]
>>> maybe(True), maybe(False)
([1], [2])
"""

import ovenbird


@ovenbird.jit
def again(n):
    items = []
    for i in range(n):
        items.append(10 + i)
    items = []
    for i in range(n):
        items.append(20 + i)
    return items


at_top = []
at_top.append(1)
at_top = []
at_top.append(2)


@ovenbird.jit
def in_loop(n):
    all = []
    for i in range(n):
        one = []
        one.append(i)
        all.append(one)
    return all


@ovenbird.jit
def maybe(flag):
    items = []
    items.append(1)
    if not flag:
        items = []
        items.append(2)
    return items
