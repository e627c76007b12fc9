"""Each array is small, and all are kept."""

import numpy as np

kept = [np.zeros(1000)]
while True:
    kept.append(np.zeros(1000))
