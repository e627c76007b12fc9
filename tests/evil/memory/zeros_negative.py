"""Less than nothing."""

import numpy as np

n = -5
a = np.zeros(n)
print(len(a))
