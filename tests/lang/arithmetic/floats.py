"""Arithmetic of floats and of floats with ints; the shortest repr of the answer.

>>> add(0.1, 0.2)
0.30000000000000004
>>> add(1, 0.5)
1.5
>>> subtract(1.0, 0.9)
0.09999999999999998
>>> multiply(0.1, 3)
0.30000000000000004
>>> multiply(1e200, 1e200)
inf
>>> multiply(-1e200, 1e200)
-inf
>>> divide(1.0, 3)
0.3333333333333333
>>> divide(-0.0, 5.0)
-0.0
>>> negate(0.0)
-0.0
>>> negate(2.5)
-2.5
>>> literals()
2005.5
>>> tiny()
5e-324
>>> not_a_number()
nan
>>> nan_is_not_itself()
True
>>> nan_orders_with_nothing(1.0)
False
>>> promoted(3)
3.0
>>> accumulated(10)
0.9999999999999999
"""

import ovenbird


@ovenbird.jit
def add(a, b):
    return a + b


@ovenbird.jit
def subtract(a, b):
    return a - b


@ovenbird.jit
def multiply(a, b):
    return a * b


@ovenbird.jit
def divide(a, b):
    return a / b


@ovenbird.jit
def negate(a):
    return -a


@ovenbird.jit
def literals():
    return 1.5 + 1e3 + 2.5e-1 + 1_000.5 + .25 + 3.


@ovenbird.jit
def tiny():
    return 5e-324 / 2 + 5e-324


@ovenbird.jit
def not_a_number():
    infinity = float("inf")
    return infinity - infinity


@ovenbird.jit
def nan_is_not_itself():
    x = float("nan")
    return x != x and not x == x


@ovenbird.jit
def nan_orders_with_nothing(y):
    x = float("nan")
    return x < y or x > y or x <= y or x >= y


@ovenbird.jit
def promoted(n):
    return n + 0.0


@ovenbird.jit
def accumulated(n):
    total = 0.0
    for _ in range(n):
        total += 0.1
    return total
