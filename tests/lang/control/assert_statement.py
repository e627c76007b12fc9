"""`assert` with and without a message.

>>> positive(3)
3
>>> positive(-3)
Traceback (most recent call last):
AssertionError: x must be positive
>>> silent(0)
Traceback (most recent call last):
AssertionError
>>> formatted(7)
Traceback (most recent call last):
AssertionError: 7 is too large
"""

import ovenbird


@ovenbird.jit
def positive(x):
    assert x > 0, "x must be positive"
    return x


@ovenbird.jit
def silent(x):
    assert x
    return x


@ovenbird.jit
def formatted(x):
    assert x < 5, f"{x} is too large"
    return x
