"""Addition, subtraction, multiplication and unary signs of ints.

>>> add(2, 3)
5
>>> add(-2, 3)
1
>>> subtract(2, 5)
-3
>>> multiply(-6, 7)
-42
>>> multiply(3037000499, 3037000499)
9223372030926249001
>>> negate(5)
-5
>>> negate(-5)
5
>>> negate(0)
0
>>> plus(-3)
-3
>>> mixed(2, 3, 4)
18
>>> literals()
1275
>>> largest()
9223372036854775807
>>> smallest()
-9223372036854775808
>>> augmented(10)
169
"""

import ovenbird


@ovenbird.jit
def add(a, b):
    return a + b


@ovenbird.jit
def subtract(a, b):
    return a - b


@ovenbird.jit
def multiply(a, b):
    return a * b


@ovenbird.jit
def negate(a):
    return -a


@ovenbird.jit
def plus(a):
    return +a


@ovenbird.jit
def mixed(a, b, c):
    return a + b * c - (a - b) * c


@ovenbird.jit
def literals():
    return 0xFF + 0o17 + 0b101 + 1_000


@ovenbird.jit
def largest():
    return 9223372036854775807


@ovenbird.jit
def smallest():
    return -9223372036854775807 - 1


@ovenbird.jit
def augmented(n):
    n += 5
    n -= 1
    n *= 3
    n //= 4
    n %= 7
    n <<= 3
    n |= 1
    n ^= 3
    n &= 0xFE
    n >>= 1
    n **= 2
    return n
