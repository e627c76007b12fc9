"""The number of elements does not fit into 64 bits.

Without `_LIMIT` in `guest-stdlib/numpy/_make.py`: the size wraps round, and the array is larger than its
memory.
"""

import numpy as np

a = np.zeros((2**32, 2**32))
print(a[5, 5])
