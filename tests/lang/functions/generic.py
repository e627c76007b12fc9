"""One function, compiled for every type that it is called with.

>>> add(1, 2)
3
>>> add(1.5, 2.0)
3.5
>>> add(1, 2.5)
3.5
>>> add("ab", "cd")
'abcd'
>>> uses_both(3)
(6, 3.0, 'abab')
>>> larger_of(2, 3)
3
>>> larger_of(2.5, 1.5)
2.5
>>> larger_of("pear", "apple")
'pear'
>>> swapped(1, "a")
('a', 1)
>>> swapped(2.5, True)
(True, 2.5)
"""

import ovenbird


@ovenbird.jit
def add(a, b):
    return a + b


def twice(x):
    return x + x


@ovenbird.jit
def uses_both(n):
    return twice(n), twice(n / 2), twice("ab")


@ovenbird.jit
def larger_of(a, b):
    if a > b:
        return a
    return b


@ovenbird.jit
def swapped(a, b):
    return b, a
