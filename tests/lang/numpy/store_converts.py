"""A value that is stored takes the array's element type.

>>> int_into_float()
1.5
>>> float_into_int()
(2, -2)
>>> bool_into_int()
2
>>> int_into_bool()
(True, False)
"""

import numpy as np
import ovenbird


@ovenbird.jit
def int_into_float():
    a = np.zeros(1)
    a[0] = 3
    return float(a[0] / 2)


@ovenbird.jit
def float_into_int():
    a = np.zeros(2, dtype=np.int64)
    a[0] = 2.9
    a[1] = -2.9
    return int(a[0]), int(a[1])


@ovenbird.jit
def bool_into_int():
    a = np.zeros(1, dtype=np.int64)
    a[0] = True
    return int(a[0] + 1)


@ovenbird.jit
def int_into_bool():
    a = np.zeros(2, dtype=np.bool_)
    a[0] = 5
    return bool(a[0]), bool(a[1])
