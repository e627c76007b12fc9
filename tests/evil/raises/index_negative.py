"""Before the beginning, by as much as there is."""

import numpy as np

a = np.zeros(3)
i = -(2**63)
a[i] = 1.0
