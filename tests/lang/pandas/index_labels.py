"""An index that the file names: labels are printed, and stay with their rows.

>>> column()
30    0.5
10    1.5
20    2.5
Name: x, dtype: float64
>>> frame()
    i    x
30  1  0.5
10  2  1.5
20  3  2.5
>>> filtered()
    i    x
10  2  1.5
20  3  2.5
>>> computed()
30    0.5
10    3.0
20    7.5
dtype: float64
>>> total()
(4.5, 3)
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def column():
    print(pd.read_parquet("data/indexed.parquet")["x"])


@ovenbird.jit
def frame():
    print(pd.read_parquet("data/indexed.parquet"))


@ovenbird.jit
def filtered():
    df = pd.read_parquet("data/indexed.parquet")
    print(df[df["x"] > 1.0])


@ovenbird.jit
def computed():
    df = pd.read_parquet("data/indexed.parquet")
    print(df["x"] * df["i"])


@ovenbird.jit
def total():
    df = pd.read_parquet("data/indexed.parquet")
    return float(df["x"].sum()), len(df)
