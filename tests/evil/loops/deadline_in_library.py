# limits: cpu=1000000000000000 deadline_ms=100
"""The time goes by inside library code.

Without `(*flag.guest).store(1` in `host/src/watchdog.rs`: it goes on until its units are used up.
"""

import numpy as np

a = np.ones(1000)
while a.sum() > 0.0:
    a = a + 1.0
