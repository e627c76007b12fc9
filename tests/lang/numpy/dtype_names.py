"""The names of the element types.

>>> float_names()
(0.0, 1.0, 2.0)
>>> int_names()
(0, 1, 7)
>>> bool_names()
(False, True)
"""

import numpy as np
import ovenbird


@ovenbird.jit
def float_names():
    a = np.zeros(1, dtype=np.float64)
    b = np.ones(1, dtype=float)
    c = np.array([1, 2], dtype=np.float64)
    return float(a[0]), float(b[0]), float(c[1])


@ovenbird.jit
def int_names():
    a = np.zeros(1, dtype=np.int64)
    b = np.ones(1, dtype=int)
    c = np.empty(1, np.int64)
    c[0] = 7
    return int(a[0]), int(b[0]), int(c[0])


@ovenbird.jit
def bool_names():
    a = np.zeros(1, dtype=np.bool_)
    b = np.ones(1, dtype=bool)
    return bool(a[0]), bool(b[0])
