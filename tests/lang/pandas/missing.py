"""Missing values: nulls and NaN are both skipped by reductions, and compare as false.

>>> of_floats()
(14.0, 4.666666666667, 1.5, 8.5, 3, 6)
>>> of_ints_with_nulls()
(150.0, 37.5, 10.0, 60.0, 4, 6)
>>> spread()
(3.547299442299, 491.6666666667)
>>> all_missing()
(0.0, nan, nan, nan, 0)
>>> spread_of_all_missing()
(nan, nan)
>>> frame_means()
i           3.500000
n          37.500000
x           4.666667
allnull          NaN
dtype: float64
>>> frame_totals()
i           21.0
n          150.0
x           14.0
allnull      0.0
dtype: float64
>>> printed()
0    1.5
1    NaN
2    NaN
3    4.0
4    NaN
5    8.5
Name: x, dtype: float64
0    10.0
1     NaN
2    30.0
3     NaN
4    50.0
5    60.0
Name: n, dtype: float64
>>> printed_frame()
   i     n    x
0  1  10.0  1.5
1  2   NaN  NaN
2  3  30.0  NaN
3  4   NaN  4.0
4  5  50.0  NaN
5  6  60.0  8.5
>>> arithmetic()
0    11.5
1     NaN
2     NaN
3     NaN
4     NaN
5    68.5
dtype: float64
0     20.0
1      NaN
2     60.0
3      NaN
4    100.0
5    120.0
Name: n, dtype: float64
>>> comparison()
0    False
1    False
2     True
3    False
4     True
5     True
Name: n, dtype: bool
>>> unequal()
(5, 1)
>>> filtered()
   i     n    x
0  1  10.0  1.5
3  4   NaN  4.0
5  6  60.0  8.5
>>> inverted_mask()
(3, 1)
>>> strings()
0      a
1    NaN
2      b
3      a
4      b
5    NaN
Name: k, dtype: str
>>> compared_strings()
(2, 4, 4)
>>> column_with_itself()
(3, 3)
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def of_floats():
    x = pd.read_parquet("data/missing.parquet")["x"]
    return float(x.sum()), round(float(x.mean()), 12), float(x.min()), float(x.max()), int(x.count()), len(x)


@ovenbird.jit
def of_ints_with_nulls():
    n = pd.read_parquet("data/missing.parquet")["n"]
    return float(n.sum()), float(n.mean()), float(n.min()), float(n.max()), int(n.count()), len(n)


@ovenbird.jit
def spread():
    df = pd.read_parquet("data/missing.parquet")
    return round(float(df["x"].std()), 12), round(float(df["n"].var()), 10)


@ovenbird.jit
def all_missing():
    a = pd.read_parquet("data/missing.parquet")["allnull"]
    return float(a.sum()), float(a.mean()), float(a.min()), float(a.max()), int(a.count())


@ovenbird.jit
def spread_of_all_missing():
    a = pd.read_parquet("data/missing.parquet")["allnull"]
    return float(a.std()), float(a.var())


@ovenbird.jit
def frame_means():
    df = pd.read_parquet("data/missing.parquet")
    print(df[["i", "n", "x", "allnull"]].mean())


@ovenbird.jit
def frame_totals():
    df = pd.read_parquet("data/missing.parquet")
    print(df[["i", "n", "x", "allnull"]].sum())


@ovenbird.jit
def printed():
    df = pd.read_parquet("data/missing.parquet")
    print(df["x"])
    print(df["n"])


@ovenbird.jit
def printed_frame():
    df = pd.read_parquet("data/missing.parquet")
    print(df[["i", "n", "x"]])


@ovenbird.jit
def arithmetic():
    df = pd.read_parquet("data/missing.parquet")
    print(df["n"] + df["x"])
    print(df["n"] * 2)


@ovenbird.jit
def comparison():
    df = pd.read_parquet("data/missing.parquet")
    print(df["n"] > 20)


@ovenbird.jit
def unequal():
    df = pd.read_parquet("data/missing.parquet")
    return int((df["x"] != 4.0).sum()), int((df["x"] == 4.0).sum())


@ovenbird.jit
def filtered():
    df = pd.read_parquet("data/missing.parquet")
    print(df[df["x"] > 1.0][["i", "n", "x"]])


@ovenbird.jit
def inverted_mask():
    df = pd.read_parquet("data/missing.parquet")
    return len(df[~(df["n"] > 20)]), len(df[df["n"] <= 20])


@ovenbird.jit
def strings():
    df = pd.read_parquet("data/missing.parquet")
    print(df["k"])


@ovenbird.jit
def compared_strings():
    df = pd.read_parquet("data/missing.parquet")
    return int((df["k"] == "a").sum()), int((df["k"] != "a").sum()), int(df["k"].count())


@ovenbird.jit
def column_with_itself():
    df = pd.read_parquet("data/missing.parquet")
    x = df["x"]
    return int((x == x).sum()), int((x != x).sum())
