"""Bit operations and shifts of ints; shifts of negative ints keep the sign.

>>> and_(12, 10)
8
>>> or_(12, 10)
14
>>> xor(12, 10)
6
>>> and_(-1, 255)
255
>>> or_(-8, 3)
-5
>>> xor(-1, 5)
-6
>>> invert(0)
-1
>>> invert(5)
-6
>>> invert(-6)
5
>>> left(1, 10)
1024
>>> left(-3, 4)
-48
>>> left(1, 0)
1
>>> right(1024, 3)
128
>>> right(-1, 5)
-1
>>> right(-17, 2)
-5
>>> right(5, 62)
0
>>> bit_count(255)
8
>>> bit_count(0)
0
>>> xorshift(2463534242)
723471715
>>> precedence(1, 2, 3)
3
"""

import ovenbird


@ovenbird.jit
def and_(a, b):
    return a & b


@ovenbird.jit
def or_(a, b):
    return a | b


@ovenbird.jit
def xor(a, b):
    return a ^ b


@ovenbird.jit
def invert(a):
    return ~a


@ovenbird.jit
def left(a, b):
    return a << b


@ovenbird.jit
def right(a, b):
    return a >> b


@ovenbird.jit
def bit_count(n):
    count = 0
    while n:
        count += n & 1
        n >>= 1
    return count


@ovenbird.jit
def xorshift(x):
    x ^= (x << 13) & 0xFFFFFFFF
    x ^= x >> 17
    x ^= (x << 5) & 0xFFFFFFFF
    return x


@ovenbird.jit
def precedence(a, b, c):
    return a | b ^ c & a << b + c
