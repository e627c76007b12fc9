"""`math.gcd`, `lcm`, `factorial`, `isqrt`, `comb`, `perm`.

>>> gcd(48, 36)
12
>>> gcd(-12, 18)
6
>>> gcd(0, 5)
5
>>> gcd(0, 0)
0
>>> lcm(4, 6)
12
>>> lcm(-4, 6)
12
>>> lcm(0, 5)
0
>>> factorial(0)
1
>>> factorial(10)
3628800
>>> factorial(20)
2432902008176640000
>>> factorial(-1)
Traceback (most recent call last):
ValueError: factorial() not defined for negative values
>>> isqrt(0)
0
>>> isqrt(99)
9
>>> isqrt(100)
10
>>> isqrt(9223372036854775807)
3037000499
>>> isqrt(-1)
Traceback (most recent call last):
ValueError: isqrt() argument must be nonnegative
>>> comb(10, 3)
120
>>> comb(5, 7)
0
>>> perm(10, 3)
720
"""

import math

import ovenbird


@ovenbird.jit
def gcd(a, b):
    return math.gcd(a, b)


@ovenbird.jit
def lcm(a, b):
    return math.lcm(a, b)


@ovenbird.jit
def factorial(n):
    return math.factorial(n)


@ovenbird.jit
def isqrt(n):
    return math.isqrt(n)


@ovenbird.jit
def comb(n, k):
    return math.comb(n, k)


@ovenbird.jit
def perm(n, k):
    return math.perm(n, k)
