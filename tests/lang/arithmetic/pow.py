"""The builtin `pow` is the operator `**`.

>>> builtin(7, 2)
49
>>> builtin(2.0, 3)
8.0
"""

import ovenbird


@ovenbird.jit
def builtin(a, b):
    return pow(a, b)
