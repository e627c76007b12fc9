"""True division, floor division and modulo, with the sign rules of Python.

>>> true_division(7, 2)
3.5
>>> true_division(6, 3)
2.0
>>> true_division(-1, 4)
-0.25
>>> true_division(1.0, 3.0)
0.3333333333333333
>>> true_division(1, 0)
Traceback (most recent call last):
ZeroDivisionError: division by zero
>>> true_division(1.0, 0.0)
Traceback (most recent call last):
ZeroDivisionError: float division by zero
>>> floor_division(7, 2)
3
>>> floor_division(-7, 2)
-4
>>> floor_division(7, -2)
-4
>>> floor_division(-7, -2)
3
>>> floor_division(6, -3)
-2
>>> floor_division(7.5, 2.0)
3.0
>>> floor_division(-7.5, 2.0)
-4.0
>>> floor_division(7, 2.0)
3.0
>>> floor_division(1, 0)
Traceback (most recent call last):
ZeroDivisionError: integer division or modulo by zero
>>> floor_division(1.0, 0.0)
Traceback (most recent call last):
ZeroDivisionError: float floor division by zero
>>> modulo(7, 3)
1
>>> modulo(-7, 3)
2
>>> modulo(7, -3)
-2
>>> modulo(-7, -3)
-1
>>> modulo(6, -3)
0
>>> modulo(7.5, 2.0)
1.5
>>> modulo(-7.5, 2.0)
0.5
>>> modulo(7.5, -2.0)
-0.5
>>> modulo(-6.0, 3.0)
0.0
>>> modulo(6.0, -3.0)
-0.0
>>> modulo(5, 2.5)
0.0
>>> modulo(5, 0)
Traceback (most recent call last):
ZeroDivisionError: integer modulo by zero
>>> modulo(5.0, 0.0)
Traceback (most recent call last):
ZeroDivisionError: float modulo
>>> law(-17, 5)
True
>>> law(17, -5)
True
"""

import ovenbird


@ovenbird.jit
def true_division(a, b):
    return a / b


@ovenbird.jit
def floor_division(a, b):
    return a // b


@ovenbird.jit
def modulo(a, b):
    return a % b


@ovenbird.jit
def law(a, b):
    return (a // b) * b + a % b == a
