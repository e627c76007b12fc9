"""Beyond the end, by a lot.

Without `out of bounds` in `guest-stdlib/numpy/_index.py`: it is read beside the array.
"""

import numpy as np

a = np.zeros(3)
i = 2**62
a[i] = 1.0
