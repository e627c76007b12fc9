"""The size in bytes does not fit into 64 bits."""

import numpy as np

a = np.zeros(2**61)
print(a[5])
