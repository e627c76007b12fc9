"""`series[i]` of a column with the index 0, 1, 2 …

>>> element(2)
-1.0
>>> text(3)
'c'
>>> total()
9.25
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def element(i):
    df = pd.read_parquet("data/tiny.parquet")
    return float(df["x"][i])


@ovenbird.jit
def text(i):
    df = pd.read_parquet("data/tiny.parquet")
    return df["k"][i]


@ovenbird.jit
def total():
    df = pd.read_parquet("data/tiny.parquet")
    x = df["x"]
    s = 0.0
    for i in range(len(df)):
        s += x[i]
    return float(s)
