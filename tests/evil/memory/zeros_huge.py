"""One allocation that is too large.

Without `desired > self.allowed` in `host/src/imports/link.rs`: it takes all memory of the host.
"""

import numpy as np

a = np.zeros(10**12)
print(a[0])
