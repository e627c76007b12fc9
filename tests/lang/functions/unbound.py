"""A variable that only one branch assigns.

>>> unbound(True)
1
>>> unbound(False)
Traceback (most recent call last):
UnboundLocalError: cannot access local variable 'value' where it is not associated with a value
>>> after_empty_loop(3)
3.0
>>> after_empty_loop(0)
Traceback (most recent call last):
UnboundLocalError: cannot access local variable 'last' where it is not associated with a value
"""

import ovenbird


@ovenbird.jit
def unbound(flag):
    if flag:
        value = 1
    return value


@ovenbird.jit
def after_empty_loop(n):
    for i in range(n):
        last = i * 1.5
    return last
