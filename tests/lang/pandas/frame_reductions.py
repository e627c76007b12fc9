"""Reductions of every column of a frame give a Series with the column names.

>>> mean()
i    3.833333
x    1.541667
dtype: float64
>>> total()
i    23.00
x     9.25
dtype: float64
>>> total_of_ints()
a     6
b    60
dtype: int64
>>> smallest()
i    1.0
x   -1.0
dtype: float64
>>> largest()
a     3
b    30
dtype: int64
>>> count()
i          6
n          4
x          3
allnull    0
dtype: int64
>>> count_with_strings()
k          4
i          6
n          4
x          3
allnull    0
dtype: int64
>>> deviation()
i    2.994439
x    2.015048
dtype: float64
>>> variance()
i    8.966667
x    4.060417
dtype: float64
>>> one_column()
x    1.541667
dtype: float64
>>> of_rows()
i    2.666667
x    1.166667
dtype: float64
>>> of_bools()
b    3
dtype: int64
b    0.500000
x    1.541667
dtype: float64
>>> order_of_columns()
x    1.541667
i    3.833333
dtype: float64
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def mean():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[["i", "x"]].mean())


@ovenbird.jit
def total():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[["i", "x"]].sum())


@ovenbird.jit
def total_of_ints():
    df = pd.read_parquet("data/ints.parquet")
    print(df.sum())


@ovenbird.jit
def smallest():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[["i", "x"]].min())


@ovenbird.jit
def largest():
    df = pd.read_parquet("data/ints.parquet")
    print(df.max())


@ovenbird.jit
def count():
    df = pd.read_parquet("data/missing.parquet")
    print(df[["i", "n", "x", "allnull"]].count())


@ovenbird.jit
def count_with_strings():
    df = pd.read_parquet("data/missing.parquet")
    print(df.count())


@ovenbird.jit
def deviation():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[["i", "x"]].std())


@ovenbird.jit
def variance():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[["i", "x"]].var())


@ovenbird.jit
def one_column():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[["x"]].mean())


@ovenbird.jit
def of_rows():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[df["b"]][["i", "x"]].mean())


@ovenbird.jit
def of_bools():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[["b"]].sum())
    print(df[["b", "x"]].mean())


@ovenbird.jit
def order_of_columns():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[["x", "i"]].mean())
