"""Few instructions that move much memory.

Without `self.charge_bytes(local)` in `compiler/src/encode/effects.rs`: a copy of megabytes costs one unit.
"""

import numpy as np

a = np.zeros(1_000_000)
while True:
    b = a.copy()
    a = b
