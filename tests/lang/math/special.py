"""`math.erf`, `erfc`, `gamma`, `lgamma`, to twelve places.

>>> erf(0.0)
0.0
>>> erf(0.5)
0.520499877813
>>> erf(-1.0)
-0.84270079295
>>> erf(3.0)
0.999977909503
>>> erf(10.0)
1.0
>>> erfc(0.0)
1.0
>>> erfc(0.5)
0.479500122187
>>> erfc(2.0)
0.004677734981
>>> gamma(1.0)
1.0
>>> gamma(5.0)
24.0
>>> gamma(0.5)
1.77245385091
>>> gamma(-1.0)
Traceback (most recent call last):
ValueError: math domain error
>>> lgamma(10.0)
12.801827480081
>>> lgamma(0.5)
0.572364942925
"""

import math

import ovenbird


@ovenbird.jit
def erf(x):
    return round(math.erf(x), 12)


@ovenbird.jit
def erfc(x):
    return round(math.erfc(x), 12)


@ovenbird.jit
def gamma(x):
    return round(math.gamma(x), 11)


@ovenbird.jit
def lgamma(x):
    return round(math.lgamma(x), 12)
