"""The forms of the decorator, and functions without one.

>>> plain(1)
2
>>> called(1)
3
>>> cached(1)
4
>>> imported(1)
5
>>> imported_cached(1)
6
>>> undecorated(1)
7
"""

import ovenbird
from ovenbird import jit


@ovenbird.jit
def plain(x):
    return x + 1


@ovenbird.jit()
def called(x):
    return plain(x) + 1


@ovenbird.jit(cache=True)
def cached(x):
    return called(x) + 1


@jit
def imported(x):
    return cached(x) + 1


@jit(cache=True)
def imported_cached(x):
    return imported(x) + 1


def undecorated(x):
    return imported_cached(x) + 1
