"""The second index would be inside the memory of the first.

Without `out of bounds` in `guest-stdlib/numpy/_index.py`: it is read beside the array.
"""

import numpy as np

a = np.zeros((3, 3))
j = 5
a[0, j] = 1.0
