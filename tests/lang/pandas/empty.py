"""No rows: in the file, or after a mask.

>>> lengths()
(0, 0, 0)
>>> floats()
(0.0, nan, nan, nan, 0)
>>> spread()
(nan, nan)
>>> ints()
(0, nan, 0)
>>> frame_means()
i   NaN
x   NaN
dtype: float64
>>> frame_totals()
i    0.0
x    0.0
dtype: float64
>>> printed_column()
Series([], Name: x, dtype: float64)
Series([], Name: k, dtype: str)
>>> printed_after_mask()
Empty DataFrame
Columns: [i, x]
Index: []
>>> printed_frame()
Empty DataFrame
Columns: [k, i, x, b]
Index: []
>>> printed_mask()
Series([], Name: x, dtype: bool)
>>> column_after_mask()
Series([], Name: i, dtype: int64)
>>> grouped()
Series([], Name: x, dtype: float64)
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def lengths():
    df = pd.read_parquet("data/empty.parquet")
    tiny = pd.read_parquet("data/tiny.parquet")
    return len(df), len(df["x"]), len(tiny[tiny["i"] > 100])


@ovenbird.jit
def floats():
    x = pd.read_parquet("data/empty.parquet")["x"]
    return float(x.sum()), float(x.mean()), float(x.min()), float(x.max()), int(x.count())


@ovenbird.jit
def spread():
    df = pd.read_parquet("data/empty.parquet")
    return float(df["x"].std()), float(df["i"].var())


@ovenbird.jit
def ints():
    i = pd.read_parquet("data/empty.parquet")["i"]
    return int(i.sum()), float(i.mean()), int(i.count())


@ovenbird.jit
def frame_means():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[df["i"] > 100][["i", "x"]].mean())


@ovenbird.jit
def frame_totals():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[df["i"] > 100][["i", "x"]].sum())


@ovenbird.jit
def printed_column():
    df = pd.read_parquet("data/empty.parquet")
    print(df["x"])
    print(df["k"])


@ovenbird.jit
def printed_after_mask():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[df["i"] > 100][["i", "x"]])


@ovenbird.jit
def printed_frame():
    df = pd.read_parquet("data/empty.parquet")
    print(df)


@ovenbird.jit
def printed_mask():
    df = pd.read_parquet("data/empty.parquet")
    print(df["x"] > 1.0)


@ovenbird.jit
def column_after_mask():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[df["i"] > 100]["i"])


@ovenbird.jit
def grouped():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[df["i"] > 100].groupby("i")["x"].mean())
