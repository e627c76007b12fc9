"""`int` and `float` of a string.

>>> to_int("42")
42
>>> to_int("-7")
-7
>>> to_int(" 12 ")
12
>>> to_int("4x")
Traceback (most recent call last):
ValueError: invalid literal for int() with base 10: '4x'
>>> to_int("")
Traceback (most recent call last):
ValueError: invalid literal for int() with base 10: ''
>>> to_float("1.5")
1.5
>>> to_float("-2e3")
-2000.0
>>> to_float(" 7 ")
7.0
>>> to_float("nan")
nan
>>> to_float("-inf")
-inf
>>> to_float("one")
Traceback (most recent call last):
ValueError: could not convert string to float: 'one'
"""

import ovenbird


@ovenbird.jit
def to_int(s):
    return int(s)


@ovenbird.jit
def to_float(s):
    return float(s)
