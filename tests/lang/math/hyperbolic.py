"""Hyperbolic functions and their inverses, to twelve places.

>>> sinh(0.0)
0.0
>>> sinh(1.5)
2.129279455095
>>> cosh(0.0)
1.0
>>> cosh(-1.5)
2.352409615243
>>> tanh(0.0)
0.0
>>> tanh(0.5)
0.46211715726
>>> tanh(50.0)
1.0
>>> asinh(1.0)
0.88137358702
>>> asinh(-2.0)
-1.443635475179
>>> acosh(1.0)
0.0
>>> acosh(2.5)
1.566799236972
>>> acosh(0.5)
Traceback (most recent call last):
ValueError: math domain error
>>> atanh(0.0)
0.0
>>> atanh(0.5)
0.549306144334
>>> atanh(1.0)
Traceback (most recent call last):
ValueError: math domain error
>>> sinh(1000.0)
Traceback (most recent call last):
OverflowError: math range error
"""

import math

import ovenbird


@ovenbird.jit
def sinh(x):
    return round(math.sinh(x), 12)


@ovenbird.jit
def cosh(x):
    return round(math.cosh(x), 12)


@ovenbird.jit
def tanh(x):
    return round(math.tanh(x), 12)


@ovenbird.jit
def asinh(x):
    return round(math.asinh(x), 12)


@ovenbird.jit
def acosh(x):
    return round(math.acosh(x), 12)


@ovenbird.jit
def atanh(x):
    return round(math.atanh(x), 12)
