"""`divmod`: floor division and modulo at once.

>>> both(-9, 4)
(-3, 3)
>>> both(9.0, -4.0)
(-3.0, -3.0)
>>> both(7, 0)
Traceback (most recent call last):
ZeroDivisionError: integer division or modulo by zero
"""

import ovenbird


@ovenbird.jit
def both(a, b):
    return divmod(a, b)
