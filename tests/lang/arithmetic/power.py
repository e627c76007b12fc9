"""Powers of ints and floats.

>>> power_of_two(10)
1024
>>> power_of_two(0)
1
>>> power(3, 4)
81
>>> power(-3, 3)
-27
>>> power(0, 0)
1
>>> power(2.0, 10)
1024.0
>>> power(2.0, -1)
0.5
>>> power(9.0, 0.5)
3.0
>>> power(2.0, 0.5)
1.4142135623730951
>>> square(12)
144
>>> square(-1.5)
2.25
>>> cube(3)
27
>>> root(16)
4.0
>>> right_to_left()
512
>>> sign_binds_less()
-8
>>> reciprocals(4)
(0.25, 0.0625, 2.0)
>>> reciprocals(-2)
(-0.5, 0.25, 2.0)
>>> reciprocals(0)
Traceback (most recent call last):
ZeroDivisionError: 0.0 cannot be raised to a negative power
"""

import ovenbird


@ovenbird.jit
def power_of_two(n):
    return 2**n


@ovenbird.jit
def power(a, b):
    return a**b


@ovenbird.jit
def square(x):
    return x**2


@ovenbird.jit
def cube(x):
    return x**3


@ovenbird.jit
def root(x):
    return x**0.5


@ovenbird.jit
def right_to_left():
    return 2**3**2


@ovenbird.jit
def sign_binds_less():
    return -(2**2) + -2**2


@ovenbird.jit
def reciprocals(n):
    return n**-1, n**-2, 0.5**-1
