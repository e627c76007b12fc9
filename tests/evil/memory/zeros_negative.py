"""Less than nothing.

Without `check(` of lengths in `guest-stdlib/numpy/_make.py`: an array begins before its memory.
"""

import numpy as np

n = -5
a = np.zeros(n)
print(len(a))
