"""Bounds of `range`, and other operands, that raise instead of having a value.

>>> stop(1)
Traceback (most recent call last):
ValueError: always
>>> start(1)
Traceback (most recent call last):
ValueError: always
>>> step(1)
Traceback (most recent call last):
ValueError: always
>>> loop_of_loops(1)
Traceback (most recent call last):
ValueError: always
>>> loop_of_loops(0)
''
>>> index(1)
Traceback (most recent call last):
ValueError: always
>>> element(1)
Traceback (most recent call last):
ValueError: always
>>> joined(1)
Traceback (most recent call last):
ValueError: always
>>> joined(0)
2.5
"""

import ovenbird


def fails(x):
    if True:
        raise ValueError("always")
    return x


@ovenbird.jit
def stop(n):
    total = 0
    for i in range(fails(n) % 6):
        total += i
    return total


@ovenbird.jit
def start(n):
    total = 0
    for i in range(fails(n), 6):
        total += i
    return total


@ovenbird.jit
def step(n):
    total = 0
    for i in range(0, 6, fails(n)):
        total += i
    return total


@ovenbird.jit
def loop_of_loops(n):
    text = ""
    if n > 0:
        for i in range(fails(1.0) % 6):
            text += str(fails(2.0) % 10)
    return text


@ovenbird.jit
def index(n):
    xs = [1, 2]
    xs[fails(n)] = 3
    return xs


@ovenbird.jit
def element(n):
    return [1, fails(n), 3]


@ovenbird.jit
def joined(n):
    x = 2.5
    if n > 0:
        x = fails(1.0) * 2.0
    return x
