"""Frames and columns as arguments and results of functions.

>>> through_helper()
(4, 10.25)
>>> column_helper()
(18.5, 69)
>>> generic()
(8, 5.0)
>>> conditional(True)
8
>>> conditional(False)
23
>>> in_f_string()
'6 rows, mean 1.542'
"""

import ovenbird
import pandas as pd


def positive(df):
    return df[df["x"] > 0.0]


@ovenbird.jit
def through_helper():
    df = positive(pd.read_parquet("data/tiny.parquet"))
    return len(df), float(df["x"].sum())


def scaled(column, factor):
    return column * factor


@ovenbird.jit
def column_helper():
    df = pd.read_parquet("data/tiny.parquet")
    return float(scaled(df["x"], 2.0).sum()), int(scaled(df["i"], 3).sum())


def spread(column):
    return column.max() - column.min()


@ovenbird.jit
def generic():
    df = pd.read_parquet("data/tiny.parquet")
    return int(spread(df["i"])), float(spread(df["x"]))


@ovenbird.jit
def conditional(only_true):
    df = pd.read_parquet("data/tiny.parquet")
    if only_true:
        df = df[df["b"]]
    return int(df["i"].sum())


@ovenbird.jit
def in_f_string():
    df = pd.read_parquet("data/tiny.parquet")
    return f"{len(df)} rows, mean {df['x'].mean():.3f}"
