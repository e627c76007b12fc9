"""Functions within functions that read the variables around them.

>>> add_all(10)
23
>>> polynomial(2.0)
16.0
>>> called_twice(5)
55.25
>>> two_levels(3)
15
>>> reads_the_latest(1)
101
>>> over_a_loop(4)
24
>>> with_default(7)
25
"""

import ovenbird


@ovenbird.jit
def add_all(n):
    def add(x):
        return x + n

    return add(1) + add(2)


@ovenbird.jit
def polynomial(x):
    a = 3.0
    b = 2.0

    def f(t):
        return a * t * t + b * t + 1.0

    return f(x) - f(0.0)


@ovenbird.jit
def called_twice(n):
    def square(x):
        return x * x

    return square(n) + square(n + 0.5)


@ovenbird.jit
def two_levels(n):
    def outer(a):
        def inner(b):
            return a * b + n

        return inner(a + 1)

    return outer(n)


@ovenbird.jit
def reads_the_latest(n):
    def get():
        return n

    n += 100
    return get()


@ovenbird.jit
def over_a_loop(n):
    total = 0

    def weight(i):
        return i * n

    for i in range(n):
        total += weight(i)
    return total


@ovenbird.jit
def with_default(n):
    def shifted(x, by=10):
        return x + by

    return shifted(n) + shifted(n, 1)
