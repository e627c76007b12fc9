"""`math.exp2`.

>>> exp2(3.0)
8.0
>>> exp2(0.5)
1.414213562373
>>> exp2(-1)
0.5
>>> exp2(2000.0)
Traceback (most recent call last):
OverflowError: math range error
"""

import math

import ovenbird


@ovenbird.jit
def exp2(x):
    return round(math.exp2(x), 12)
