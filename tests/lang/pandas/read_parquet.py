"""`read_parquet`: a literal path, a path from an argument, `columns=`.

>>> literal()
9.25
>>> argument("data/tiny.parquet")
(9.25, 6)
>>> argument("data/missing.parquet")
(14.0, 6)
>>> columns_only()
   i     x
0  3  0.50
1  1  2.25
2  4 -1.00
3  1  4.00
4  5  0.00
5  9  3.50
>>> columns_in_another_order()
      x  k
0  0.50  b
1  2.25  a
2 -1.00  b
3  4.00  c
4  0.00  a
5  3.50  b
>>> columns_by_keyword("data/tiny.parquet")
9
>>> two_files()
83
>>> real_data()
power    100.896000
speed      5.484364
dtype: float64
>>> in_a_helper()
1
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def literal():
    df = pd.read_parquet("data/tiny.parquet")
    return float(df["x"].sum())


@ovenbird.jit
def argument(path):
    df = pd.read_parquet(path)
    return float(df["x"].sum()), len(df)


@ovenbird.jit
def columns_only():
    df = pd.read_parquet("data/tiny.parquet", columns=["i", "x"])
    print(df)


@ovenbird.jit
def columns_in_another_order():
    df = pd.read_parquet("data/tiny.parquet", columns=["x", "k"])
    print(df)


@ovenbird.jit
def columns_by_keyword(path):
    df = pd.read_parquet(path, columns=["i"])
    return int(df["i"].max())


@ovenbird.jit
def two_files():
    a = pd.read_parquet("data/tiny.parquet")
    b = pd.read_parquet("data/ints.parquet")
    return int(a["i"].sum() + b["b"].sum())


@ovenbird.jit
def real_data():
    df = pd.read_parquet("data/ride.parquet")
    return df[["power", "speed"]].mean()


def load():
    return pd.read_parquet("data/tiny.parquet")


@ovenbird.jit
def in_a_helper():
    return int(load()["i"].min())
