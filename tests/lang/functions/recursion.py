"""Recursion, also mutual.

>>> factorial(10)
3628800
>>> fibonacci(15)
610
>>> is_even(10)
True
>>> is_even(7)
False
>>> ackermann(2, 3)
9
>>> power(2.0, 10)
1024.0
>>> hanoi(5)
31
>>> depth(200)
200
>>> hofstadter_f(10)
6
>>> hofstadter_m(10)
6
"""

import ovenbird


@ovenbird.jit
def factorial(n):
    if n <= 1:
        return 1
    return n * factorial(n - 1)


@ovenbird.jit
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@ovenbird.jit
def is_even(n):
    if n == 0:
        return True
    return is_odd(n - 1)


@ovenbird.jit
def is_odd(n):
    if n == 0:
        return False
    return is_even(n - 1)


@ovenbird.jit
def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


@ovenbird.jit
def power(x, n):
    if n == 0:
        return 1.0
    half = power(x, n // 2)
    return half * half if n % 2 == 0 else half * half * x


@ovenbird.jit
def hanoi(n):
    if n == 0:
        return 0
    return hanoi(n - 1) + 1 + hanoi(n - 1)


@ovenbird.jit
def depth(n):
    if n == 0:
        return 0
    return 1 + depth(n - 1)


@ovenbird.jit
def hofstadter_f(n):
    return 1 if n == 0 else n - hofstadter_m(hofstadter_f(n - 1))


@ovenbird.jit
def hofstadter_m(n):
    return 0 if n == 0 else n - hofstadter_f(hofstadter_m(n - 1))
