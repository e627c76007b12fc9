"""Few instructions that move much memory."""

import numpy as np

a = np.zeros(1_000_000)
while True:
    b = a.copy()
    a = b
