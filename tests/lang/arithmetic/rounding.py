"""`round` rounds half to even, and decimal digits by the exact value of the float.

>>> nearest(0.5)
0
>>> nearest(1.5)
2
>>> nearest(2.5)
2
>>> nearest(-0.5)
0
>>> nearest(-1.5)
-2
>>> nearest(2.4999999999999996)
2
>>> nearest(1e15)
1000000000000000
>>> nearest(7)
7
>>> digits(2.675, 2)
2.67
>>> digits(2.665, 2)
2.67
>>> digits(0.125, 2)
0.12
>>> digits(0.375, 2)
0.38
>>> digits(1.005, 2)
1.0
>>> digits(-1.25, 1)
-1.2
>>> digits(3.14159, 3)
3.142
>>> digits(3.14159, 0)
3.0
>>> digits(1234.5678, -2)
1200.0
>>> digits(1e22, 3)
1e+22
>>> digits(0.30000000000000004, 16)
0.3
>>> digits(5e-324, 5)
0.0
>>> digits(1250, -2)
1200
>>> digits(1350, -2)
1400
>>> digits(1251, -2)
1300
>>> digits(-1250, -2)
-1200
>>> digits(17, 3)
17
>>> milliseconds(0.0041237)
0.004
>>> nearest(True)
1
"""

import ovenbird


@ovenbird.jit
def nearest(x):
    return round(x)


@ovenbird.jit
def digits(x, n):
    return round(x, n)


@ovenbird.jit
def milliseconds(x):
    return round(x, 3)
