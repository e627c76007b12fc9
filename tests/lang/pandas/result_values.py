"""A function may return a Series or a frame; their repr is what print shows.

>>> column()
0    0.50
1    2.25
2   -1.00
3    4.00
4    0.00
5    3.50
Name: x, dtype: float64
>>> frame()
   k     x
0  b  0.50
1  a  2.25
2  b -1.00
3  c  4.00
4  a  0.00
5  b  3.50
>>> means()
i    3.833333
x    1.541667
dtype: float64
>>> mask()
0     True
1     True
2    False
3     True
4    False
5     True
Name: x, dtype: bool
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def column():
    df = pd.read_parquet("data/tiny.parquet")
    return df["x"]


@ovenbird.jit
def frame():
    df = pd.read_parquet("data/tiny.parquet")
    return df[["k", "x"]]


@ovenbird.jit
def means():
    df = pd.read_parquet("data/tiny.parquet")
    return df[["i", "x"]].mean()


@ovenbird.jit
def mask():
    df = pd.read_parquet("data/tiny.parquet")
    return df["x"] > 0.0
