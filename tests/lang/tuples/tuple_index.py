"""An index into a tuple of one type may be a variable; outside it raises.

>>> pick((10, 20, 30), 0)
10
>>> pick((10, 20, 30), -1)
30
>>> pick((10, 20, 30), 3)
Traceback (most recent call last):
IndexError: tuple index out of range
>>> total((1.5, 2.5, 3.5))
7.5
"""

import ovenbird


@ovenbird.jit
def pick(t, i):
    return t[i]


@ovenbird.jit
def total(t):
    s = 0.0
    for i in range(len(t)):
        s += t[i]
    return s
