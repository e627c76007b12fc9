"""`raise` of built-in exceptions, also from a call within a call.

>>> checked(1)
1
>>> checked(-1)
Traceback (most recent call last):
ValueError: negative value
>>> outer(0)
Traceback (most recent call last):
ZeroDivisionError: integer division or modulo by zero
>>> kind(1)
Traceback (most recent call last):
ValueError: value
>>> kind(2)
Traceback (most recent call last):
TypeError: type
>>> kind(3)
Traceback (most recent call last):
RuntimeError: run time
>>> kind(4)
Traceback (most recent call last):
IndexError: index
>>> kind(5)
Traceback (most recent call last):
KeyError: 'key'
>>> kind(6)
Traceback (most recent call last):
OverflowError: too large
>>> kind(7)
Traceback (most recent call last):
NotImplementedError: not yet
>>> no_message()
Traceback (most recent call last):
ValueError
>>> class_only()
Traceback (most recent call last):
RuntimeError
>>> formatted(3, 2)
Traceback (most recent call last):
ValueError: 3 is not 2
>>> prints_before(2)
'fine'
>>> in_loop(5)
Traceback (most recent call last):
ValueError: at 3
"""

import ovenbird


@ovenbird.jit
def checked(x):
    if x < 0:
        raise ValueError("negative value")
    return x


def inner(x):
    return 10 // x


def middle(x):
    return inner(x) + 1


@ovenbird.jit
def outer(x):
    return middle(x) + 1


@ovenbird.jit
def kind(n):
    if n == 1:
        raise ValueError("value")
    elif n == 2:
        raise TypeError("type")
    elif n == 3:
        raise RuntimeError("run time")
    elif n == 4:
        raise IndexError("index")
    elif n == 5:
        raise KeyError("key")
    elif n == 6:
        raise OverflowError("too large")
    raise NotImplementedError("not yet")


@ovenbird.jit
def no_message():
    raise ValueError()


@ovenbird.jit
def class_only():
    raise RuntimeError


@ovenbird.jit
def formatted(a, b):
    raise ValueError(f"{a} is not {b}")


@ovenbird.jit
def prints_before(x):
    checked(x)
    return "fine"


@ovenbird.jit
def in_loop(n):
    for i in range(n):
        if i == 3:
            raise ValueError("at " + str(i))
    return n
