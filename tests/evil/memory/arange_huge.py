"""A sequence that is too long."""

import numpy as np

print(len(np.arange(10**13)))
