"""Each array is small, and all are kept.

Without `desired > self.allowed` in `host/src/imports/link.rs`: it takes all memory of the host.
"""

import numpy as np

kept = [np.zeros(1000)]
while True:
    kept.append(np.zeros(1000))
