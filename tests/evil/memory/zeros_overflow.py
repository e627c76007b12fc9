"""The size in bytes does not fit into 64 bits.

Without `_LIMIT` in `guest-stdlib/numpy/_make.py`: the size wraps round, and the array is larger than its
memory.
"""

import numpy as np

a = np.zeros(2**61)
print(a[5])
