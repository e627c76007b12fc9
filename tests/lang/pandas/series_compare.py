"""Comparisons of columns with numbers, columns and strings; `&`, `|`, `~`.

>>> with_number()
0     True
1     True
2    False
3     True
4    False
5     True
Name: x, dtype: bool
>>> with_column()
0     True
1    False
2     True
3    False
4     True
5     True
dtype: bool
>>> number_first()
0    False
1    False
2     True
3    False
4     True
5     True
Name: i, dtype: bool
>>> equal_string()
0     True
1    False
2     True
3    False
4    False
5     True
Name: k, dtype: bool
>>> unequal_string()
3
>>> both()
0     True
1    False
2    False
3    False
4    False
5     True
dtype: bool
>>> either()
0    False
1    False
2     True
3    False
4     True
5     True
dtype: bool
>>> inverted()
0    False
1     True
2    False
3    False
4     True
5     True
Name: b, dtype: bool
>>> one()
4
>>> bool_column_and_mask()
(1, 4)
>>> counts()
(3, 0, 0.5)
>>> filtered()
2.0
>>> three_masks()
   k  i
0  b  3
5  b  9
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def with_number():
    df = pd.read_parquet("data/tiny.parquet")
    print(df["x"] >= 0.5)


@ovenbird.jit
def with_column():
    df = pd.read_parquet("data/tiny.parquet")
    print(df["i"] > df["x"])


@ovenbird.jit
def number_first():
    df = pd.read_parquet("data/tiny.parquet")
    print(3 < df["i"])


@ovenbird.jit
def equal_string():
    df = pd.read_parquet("data/tiny.parquet")
    print(df["k"] == "b")


@ovenbird.jit
def unequal_string():
    df = pd.read_parquet("data/tiny.parquet")
    return int((df["k"] != "b").sum())


@ovenbird.jit
def both():
    df = pd.read_parquet("data/tiny.parquet")
    print((df["i"] > 1) & (df["x"] > 0.0))


@ovenbird.jit
def either():
    df = pd.read_parquet("data/tiny.parquet")
    print((df["i"] > 4) | (df["x"] < 0.0))


@ovenbird.jit
def inverted():
    df = pd.read_parquet("data/tiny.parquet")
    print(~df["b"])


@ovenbird.jit
def one():
    df = pd.read_parquet("data/tiny.parquet")
    return int((df["b"] ^ (df["i"] > 3)).sum())


@ovenbird.jit
def bool_column_and_mask():
    df = pd.read_parquet("data/tiny.parquet")
    return len(df[df["b"] & (df["i"] == 1)]), len(df[~df["b"] | (df["i"] == 1)])


@ovenbird.jit
def counts():
    df = pd.read_parquet("data/tiny.parquet")
    return int((df["x"] > 1.0).sum()), int((df["x"] > 100.0).sum()), float((df["x"] > 1.0).mean())


@ovenbird.jit
def filtered():
    df = pd.read_parquet("data/tiny.parquet")
    return float(df[(df["k"] == "b") & (df["x"] > 0.0)]["x"].mean())


@ovenbird.jit
def three_masks():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[(df.i > 1) & (df.x >= 0) & ~(df.k == "a")][["k", "i"]])
