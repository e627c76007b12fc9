"""What functions return: nothing, None, several values.

>>> nothing(3)
>>> explicit_none()
>>> bare_return(1)
not negative
>>> bare_return(-1)
negative
>>> pair(3)
(3, 7.5)
>>> uses_pair(3)
10.5
>>> none_printed()
None
"""

import ovenbird


@ovenbird.jit
def nothing(x):
    x + 1


@ovenbird.jit
def explicit_none():
    return None


@ovenbird.jit
def bare_return(x):
    if x < 0:
        print("negative")
        return
    print("not negative")


@ovenbird.jit
def pair(x):
    return x, x * 2.5


@ovenbird.jit
def uses_pair(x):
    a, b = pair(x)
    return a + b


@ovenbird.jit
def none_printed():
    print(nothing(1))
