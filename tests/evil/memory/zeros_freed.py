"""Each array is large, and none is kept: this is allowed.

Without `free` in `guest-stdlib/core/memory.py`: the limit of memory is reached by what nobody has.
"""

import numpy as np


def work(rounds):
    total = 0.0
    for i in range(rounds):
        a = np.zeros(100_000)
        a[i] = 1.0
        total += a[i]
    return total


print(work(100))
