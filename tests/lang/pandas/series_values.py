"""`series.values` is the same array as `series.to_numpy()`.

>>> total()
9.25
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def total():
    x = pd.read_parquet("data/tiny.parquet")["x"].values
    s = 0.0
    for i in range(x.shape[0]):
        s += x[i]
    return float(s)
