"""`int()`, `float()`, `bool()` and `str()` without an argument.

>>> empty_calls()
(0, 0.0, False, '')
"""

import ovenbird


@ovenbird.jit
def empty_calls():
    return int(), float(), bool(), str()
