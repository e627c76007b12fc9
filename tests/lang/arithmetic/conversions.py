"""`int`, `float` and `bool` of numbers.

>>> to_int(3.9)
3
>>> to_int(-3.9)
-3
>>> to_int(True)
1
>>> to_int(7)
7
>>> to_float(3)
3.0
>>> to_float(True)
1.0
>>> to_float(2.5)
2.5
>>> to_bool(0)
False
>>> to_bool(-1)
True
>>> to_bool(0.0)
False
>>> to_bool(0.1)
True
>>> to_bool("")
False
>>> to_bool("False")
True
>>> to_bool(None)
False
>>> nan_is_true()
True
"""

import ovenbird


@ovenbird.jit
def to_int(x):
    return int(x)


@ovenbird.jit
def to_float(x):
    return float(x)


@ovenbird.jit
def to_bool(x):
    return bool(x)


@ovenbird.jit
def nan_is_true():
    return bool(float("nan"))
