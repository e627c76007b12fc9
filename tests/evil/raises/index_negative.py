"""Before the beginning, by as much as there is.

Without `out of bounds` in `guest-stdlib/numpy/_index.py`: it is read beside the array.
"""

import numpy as np

a = np.zeros(3)
i = -(2**63)
a[i] = 1.0
