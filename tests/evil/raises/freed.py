"""A view outlives the name of its array."""

import numpy as np


def view():
    a = np.arange(10)
    return a[2:5]


v = view()
other = np.zeros(10)
print(v[0], v[2])
