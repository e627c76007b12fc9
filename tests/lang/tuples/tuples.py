"""Tuples: making, taking apart, indexing, comparing, nesting, printing.

>>> make(1, 2.5, "x")
(1, 2.5, 'x')
>>> one(3)
(3,)
>>> none()
()
>>> first((4, 5))
4
>>> last((4, 5, 6))
6
>>> third_from_literal()
'c'
>>> unpack((1, 2.5))
3.5
>>> nested((1, (2, 3)))
123
>>> size((1, 2, 3))
3
>>> concat((1, 2), (3.5,))
(1, 2, 3.5)
>>> equal((1, 2), (1, 2))
True
>>> equal((1, 2), (1, 3))
False
>>> less((1, 2), (1, 3))
True
>>> less((2, 0), (1, 3))
False
>>> less((1, "a"), (1, "b"))
True
>>> less((1, 2.5), (1, 2.5))
False
>>> iterate((3, 1, 2))
312
>>> printed(1, "two")
(1, 'two')
(1,)
()
((1, 'two'), 2.5, None, True)
>>> returned_nested(2)
((2, 3), ('a', (1.0, True)))
"""

import ovenbird


@ovenbird.jit
def make(a, b, c):
    return a, b, c


@ovenbird.jit
def one(a):
    return (a,)


@ovenbird.jit
def none():
    return ()


@ovenbird.jit
def first(t):
    return t[0]


@ovenbird.jit
def last(t):
    return t[-1]


@ovenbird.jit
def third_from_literal():
    return ("a", "b", "c")[2]


@ovenbird.jit
def unpack(t):
    a, b = t
    return a + b


@ovenbird.jit
def nested(t):
    a, (b, c) = t
    return a * 100 + b * 10 + c


@ovenbird.jit
def size(t):
    return len(t)


@ovenbird.jit
def concat(a, b):
    return a + b


@ovenbird.jit
def equal(a, b):
    return a == b


@ovenbird.jit
def less(a, b):
    return a < b


@ovenbird.jit
def iterate(t):
    total = 0
    for x in t:
        total = total * 10 + x
    return total


@ovenbird.jit
def printed(a, b):
    print((a, b))
    print((a,))
    print(())
    print(((a, b), 2.5, None, True))


@ovenbird.jit
def returned_nested(n):
    return (n, n + 1), ("a", (n / 2, True))
