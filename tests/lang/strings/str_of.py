"""`str` of every scalar.

>>> of(12)
'12'
>>> of(-7)
'-7'
>>> of(0)
'0'
>>> of(1.5)
'1.5'
>>> of(2.0)
'2.0'
>>> of(1e22)
'1e+22'
>>> of(1e-7)
'1e-07'
>>> of(True)
'True'
>>> of(False)
'False'
>>> of(None)
'None'
>>> of("text")
'text'
>>> nan_and_infinity()
'nan -inf'
>>> of_pair(1, 2.5)
'(1, 2.5)'
>>> joined(3, 0.5)
'n=3, x=0.5'
"""

import ovenbird


@ovenbird.jit
def of(x):
    return str(x)


@ovenbird.jit
def nan_and_infinity():
    return str(float("nan")) + " " + str(float("-inf"))


@ovenbird.jit
def of_pair(a, b):
    return str((a, b))


@ovenbird.jit
def joined(n, x):
    return "n=" + str(n) + ", x=" + str(x)
