"""Reductions of one column without missing values.

>>> of_floats()
(9.25, 1.5416666666666667, -1.0, 4.0, 6)
>>> of_ints()
(23, 3.8333333333333335, 1, 9, 6)
>>> of_bools()
(3, 0.5, False, True, 6)
>>> spread()
(2.015047559406, 4.060416666667)
>>> spread_of_ints()
(2.994439290863, 8.966666666667)
>>> one_row()
(2.5, 2.5, 2.5, 2.5, 1)
>>> spread_of_one_row()
(nan, nan)
>>> of_expression()
(35.25, 10)
>>> printed()
23 1.5416666666666667 6
>>> several_row_groups()
(4950, 1237.5, 12.375, 99, 19)
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def of_floats():
    x = pd.read_parquet("data/tiny.parquet")["x"]
    return float(x.sum()), float(x.mean()), float(x.min()), float(x.max()), int(x.count())


@ovenbird.jit
def of_ints():
    i = pd.read_parquet("data/tiny.parquet")["i"]
    return int(i.sum()), float(i.mean()), int(i.min()), int(i.max()), int(i.count())


@ovenbird.jit
def of_bools():
    b = pd.read_parquet("data/tiny.parquet")["b"]
    return int(b.sum()), float(b.mean()), bool(b.min()), bool(b.max()), int(b.count())


@ovenbird.jit
def spread():
    x = pd.read_parquet("data/tiny.parquet")["x"]
    return round(float(x.std()), 12), round(float(x.var()), 12)


@ovenbird.jit
def spread_of_ints():
    i = pd.read_parquet("data/tiny.parquet")["i"]
    return round(float(i.std()), 12), round(float(i.var()), 12)


@ovenbird.jit
def one_row():
    x = pd.read_parquet("data/one.parquet")["x"]
    return float(x.sum()), float(x.mean()), float(x.min()), float(x.max()), int(x.count())


@ovenbird.jit
def spread_of_one_row():
    df = pd.read_parquet("data/one.parquet")
    return float(df["x"].std()), float(df["i"].var())


@ovenbird.jit
def of_expression():
    df = pd.read_parquet("data/tiny.parquet")
    return float((df["x"] * df["i"]).sum()), int((df["i"] + 1).max())


@ovenbird.jit
def printed():
    df = pd.read_parquet("data/tiny.parquet")
    print(df["i"].sum(), df["x"].mean(), df["x"].count())


@ovenbird.jit
def several_row_groups():
    df = pd.read_parquet("data/chunks.parquet")
    n = df["n"]
    x = df["x"]
    return int(n.sum()), float(x.sum()), float(x.mean()), int(n.max()), len(df[x > 20.0])
