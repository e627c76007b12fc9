"""`and`, `or`, `not`: short circuit; `and` and `or` give one of their operands.

>>> and_(True, False)
False
>>> and_(True, True)
True
>>> or_(False, True)
True
>>> or_(False, False)
False
>>> and_(3, 5)
5
>>> and_(0, 5)
0
>>> or_(3, 5)
3
>>> or_(0, 5)
5
>>> or_(0, 0)
0
>>> and_(0.0, 2.5)
0.0
>>> or_(0.0, 2.5)
2.5
>>> or_("", "default")
'default'
>>> and_("a", "b")
'b'
>>> not_(0)
True
>>> not_(7)
False
>>> not_(0.0)
True
>>> not_("")
True
>>> not_("x")
False
>>> not_(None)
True
>>> three(0, 0, 9)
9
>>> three(0, 4, 9)
4
>>> short_circuit_and(0)
evaluated 0
0
>>> short_circuit_and(1)
evaluated 1
evaluated 2
2
>>> short_circuit_or(0)
evaluated 0
evaluated 2
2
>>> short_circuit_or(1)
evaluated 1
1
>>> guarded(10, 0)
False
>>> guarded(10, 3)
True
"""

import ovenbird


def noisy(x):
    print("evaluated", x)
    return x


@ovenbird.jit
def and_(a, b):
    return a and b


@ovenbird.jit
def or_(a, b):
    return a or b


@ovenbird.jit
def not_(a):
    return not a


@ovenbird.jit
def three(a, b, c):
    return a or b or c


@ovenbird.jit
def short_circuit_and(a):
    return noisy(a) and noisy(2)


@ovenbird.jit
def short_circuit_or(a):
    return noisy(a) or noisy(2)


@ovenbird.jit
def guarded(a, b):
    return b != 0 and a // b > 2
