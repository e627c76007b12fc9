"""`abs`, `min`, `max`.

>>> absolute(-3)
3
>>> absolute(3)
3
>>> absolute(-2.5)
2.5
>>> absolute(-0.0)
0.0
>>> absolute(True)
1
>>> smaller(3, 2)
2
>>> smaller(2.5, 3.5)
2.5
>>> larger(3, 2)
3
>>> larger(-1.0, -2.0)
-1.0
>>> smallest(3, 1, 2)
1
>>> largest(3.5, 1.5, 2.5)
3.5
>>> smaller("b", "a")
'a'
>>> larger("Z", "a")
'a'
>>> clamp(15, 0, 10)
10
>>> clamp(-5, 0, 10)
0
>>> clamp(5, 0, 10)
5
>>> first_of_equals()
(0.0, -0.0)
"""

import ovenbird


@ovenbird.jit
def absolute(x):
    return abs(x)


@ovenbird.jit
def smaller(a, b):
    return min(a, b)


@ovenbird.jit
def larger(a, b):
    return max(a, b)


@ovenbird.jit
def smallest(a, b, c):
    return min(a, b, c)


@ovenbird.jit
def largest(a, b, c):
    return max(a, b, c)


@ovenbird.jit
def clamp(x, low, high):
    return max(low, min(x, high))


@ovenbird.jit
def first_of_equals():
    return min(0.0, -0.0), max(-0.0, 0.0)
