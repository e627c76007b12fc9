"""Exponentials and logarithms, to twelve places; exact where the answer is exact.

>>> exp(0.0)
1.0
>>> exp(1.0)
2.718281828459
>>> exp(-1.5)
0.223130160148
>>> exp(2)
7.389056098931
>>> exp(-745.2)
0.0
>>> exp(1000.0)
Traceback (most recent call last):
OverflowError: math range error
>>> exp_of_minus_infinity()
0.0
>>> expm1(0.0)
0.0
>>> expm1(0.5)
0.6487212707
>>> small_expm1()
1.0
>>> log(1.0)
0.0
>>> log(10.0)
2.302585092994
>>> log(2)
0.69314718056
>>> log(0.0)
Traceback (most recent call last):
ValueError: math domain error
>>> log(-1.0)
Traceback (most recent call last):
ValueError: math domain error
>>> log_of_infinity()
inf
>>> log_base(8.0, 2.0)
3.0
>>> log_base(1000.0, 10.0)
3.0
>>> log2(8.0)
3.0
>>> log2(10.0)
3.321928094887
>>> log2(1024)
10.0
>>> log10(1000.0)
3.0
>>> log10(2.0)
0.301029995664
>>> log10(0.0)
Traceback (most recent call last):
ValueError: math domain error
>>> log1p(0.0)
0.0
>>> log1p(1.0)
0.69314718056
>>> small_log1p()
1.0
>>> power(2.0, 0.5)
1.414213562373
>>> power(2, 10)
1024.0
>>> power(-8.0, 3.0)
-512.0
>>> power(-8.0, 0.5)
Traceback (most recent call last):
ValueError: math domain error
>>> power(0.0, -1.0)
Traceback (most recent call last):
ValueError: math domain error
>>> power(0.0, 0.0)
1.0
>>> power(10.0, 400.0)
Traceback (most recent call last):
OverflowError: math range error
"""

import math

import ovenbird


@ovenbird.jit
def exp(x):
    return round(math.exp(x), 12)


@ovenbird.jit
def exp_of_minus_infinity():
    return math.exp(-math.inf)


@ovenbird.jit
def expm1(x):
    return round(math.expm1(x), 12)


@ovenbird.jit
def small_expm1():
    return round(math.expm1(1e-10) * 1e10, 9)


@ovenbird.jit
def log(x):
    return round(math.log(x), 12)


@ovenbird.jit
def log_of_infinity():
    return math.log(math.inf)


@ovenbird.jit
def log_base(x, base):
    return round(math.log(x, base), 12)


@ovenbird.jit
def log2(x):
    return round(math.log2(x), 12)


@ovenbird.jit
def log10(x):
    return round(math.log10(x), 12)


@ovenbird.jit
def log1p(x):
    return round(math.log1p(x), 12)


@ovenbird.jit
def small_log1p():
    return round(math.log1p(1e-10) * 1e10, 9)


@ovenbird.jit
def power(x, y):
    return round(math.pow(x, y), 12)
