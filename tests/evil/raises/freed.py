"""A view outlives the name of its array.

Without counted references, of which `BLOCK_COUNT` in `compiler/src/abi.rs` is the place: it is read from
freed memory.
"""

import numpy as np


def view():
    a = np.arange(10)
    return a[2:5]


v = view()
other = np.zeros(10)
print(v[0], v[2])
