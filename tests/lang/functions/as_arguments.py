"""Functions that are passed to functions.

>>> trapezoid_of_square(0.0, 3.0, 300)
9.00005
>>> trapezoid_of_closure(2.0)
1.0
>>> twice(5)
625
>>> composed(3)
6
"""

import ovenbird


def square(x):
    return x * x


def apply_twice(f, x):
    return f(f(x))


def integrate(f, a, b, n):
    h = (b - a) / n
    total = 0.5 * (f(a) + f(b))
    for i in range(1, n):
        total += f(a + i * h)
    return total * h


@ovenbird.jit
def trapezoid_of_square(a, b, n):
    return round(integrate(square, a, b, n), 6)


@ovenbird.jit
def trapezoid_of_closure(k):
    return round(integrate(lambda x: k * x, 0.0, 1.0, 10), 9)


@ovenbird.jit
def twice(n):
    return apply_twice(square, n)


@ovenbird.jit
def composed(n):
    return apply_twice(lambda x: x + n, 0)
