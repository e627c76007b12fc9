"""Trigonometric functions and angles, to twelve places.

>>> sin(0.0)
0.0
>>> sin(1.0)
0.841470984808
>>> sin(-2.5)
-0.598472144104
>>> sin(100.0)
-0.50636564111
>>> sin(1e6)
-0.349993502171
>>> sin(1e22)
-0.852200849767
>>> cos(0.0)
1.0
>>> cos(1.0)
0.540302305868
>>> cos(3)
-0.9899924966
>>> cos(-100.0)
0.862318872288
>>> tan(1.0)
1.557407724655
>>> tan(-0.5)
-0.546302489844
>>> asin(1.0)
1.570796326795
>>> asin(-0.5)
-0.523598775598
>>> asin(1.5)
Traceback (most recent call last):
ValueError: math domain error
>>> acos(1.0)
0.0
>>> acos(-1.0)
3.14159265359
>>> acos(0.25)
1.318116071653
>>> acos(-2.0)
Traceback (most recent call last):
ValueError: math domain error
>>> atan(1.0)
0.785398163397
>>> atan(-10.0)
-1.471127674304
>>> atan_of_infinity()
1.570796326795
>>> atan2(1.0, 1.0)
0.785398163397
>>> atan2(1.0, -1.0)
2.356194490192
>>> atan2(-1.0, -1.0)
-2.356194490192
>>> atan2(0.0, -1.0)
3.14159265359
>>> atan2(-0.0, -1.0)
-3.14159265359
>>> atan2(0.0, 0.0)
0.0
>>> degrees(3.141592653589793)
180.0
>>> degrees(1.0)
57.295779513082
>>> radians(180.0)
3.14159265359
>>> radians(45)
0.785398163397
>>> sin_of_infinity()
Traceback (most recent call last):
ValueError: math domain error
>>> circle(0.7)
1.0
"""

import math

import ovenbird


@ovenbird.jit
def sin(x):
    return round(math.sin(x), 12)


@ovenbird.jit
def cos(x):
    return round(math.cos(x), 12)


@ovenbird.jit
def tan(x):
    return round(math.tan(x), 12)


@ovenbird.jit
def asin(x):
    return round(math.asin(x), 12)


@ovenbird.jit
def acos(x):
    return round(math.acos(x), 12)


@ovenbird.jit
def atan(x):
    return round(math.atan(x), 12)


@ovenbird.jit
def atan_of_infinity():
    return round(math.atan(math.inf), 12)


@ovenbird.jit
def atan2(y, x):
    return round(math.atan2(y, x), 12)


@ovenbird.jit
def degrees(x):
    return round(math.degrees(x), 12)


@ovenbird.jit
def radians(x):
    return round(math.radians(x), 12)


@ovenbird.jit
def sin_of_infinity():
    return math.sin(math.inf)


@ovenbird.jit
def circle(x):
    return round(math.sin(x) ** 2 + math.cos(x) ** 2, 12)
