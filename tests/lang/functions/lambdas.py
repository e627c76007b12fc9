"""Lambdas that are called directly or through a local name.

>>> doubled(21)
42
>>> captured(5)
103
>>> at_once(4)
17
>>> two_types(3)
3.25
>>> two_arguments(2, 7)
49
"""

import ovenbird


@ovenbird.jit
def doubled(n):
    double = lambda x: 2 * x
    return double(n)


@ovenbird.jit
def captured(n):
    offset = n * 10
    shift = lambda x: x + offset
    return shift(1) + shift(2)


@ovenbird.jit
def at_once(n):
    return (lambda x: x * x + 1)(n)


@ovenbird.jit
def two_types(n):
    half = lambda x: x / 2
    return half(n) + half(n + 0.5)


@ovenbird.jit
def two_arguments(a, b):
    larger = lambda x, y: x if x > y else y
    return larger(a, b) * larger(b, a)
