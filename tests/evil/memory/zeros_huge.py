"""One allocation that is too large."""

import numpy as np

a = np.zeros(10**12)
print(a[0])
