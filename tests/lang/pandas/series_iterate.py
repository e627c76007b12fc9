"""`for` over a column.

>>> total()
9.25
>>> letters()
'babcab'
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def total():
    df = pd.read_parquet("data/tiny.parquet")
    s = 0.0
    for x in df["x"]:
        s += x
    return float(s)


@ovenbird.jit
def letters():
    df = pd.read_parquet("data/tiny.parquet")
    text = ""
    for k in df["k"]:
        text += k
    return text
