"""Beyond the end, by a lot."""

import numpy as np

a = np.zeros(3)
i = 2**62
a[i] = 1.0
