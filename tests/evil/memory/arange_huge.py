"""A sequence that is too long.

Without `_LIMIT` in `guest-stdlib/numpy/_make.py`: the size wraps round, and the array is larger than its
memory.
"""

import numpy as np

print(len(np.arange(10**13)))
