"""The number of elements does not fit into 64 bits."""

import numpy as np

a = np.zeros((2**32, 2**32))
print(a[5, 5])
