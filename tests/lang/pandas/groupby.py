"""`groupby(key)[value]` with mean, sum, count: keys in order, missing keys left out.

>>> mean_by_string()
k
a    1.125
b    1.000
c    4.000
Name: x, dtype: float64
>>> sum_by_string()
k
a    2.25
b    3.00
c    4.00
Name: x, dtype: float64
>>> count_by_string()
k
a    2
b    3
c    1
Name: x, dtype: int64
>>> mean_by_int()
n
-5    8.000000
 1    4.333333
 2    5.500000
 3    2.000000
Name: w, dtype: float64
>>> sum_of_ints_by_int()
n
-5     8
 1    13
 2    11
 3     4
Name: w, dtype: int64
>>> count_by_int()
n
-5    1
 1    2
 2    0
 3    2
Name: v, dtype: int64
>>> by_bool()
b
False    14
True     22
Name: w, dtype: int64
>>> by_float()
f
0.5    18
1.5     8
Name: w, dtype: int64
>>> mean_of_ints()
k
a    3.000000
b    5.333333
c    1.000000
Name: i, dtype: float64
>>> missing_keys_and_values()
s
apple    4.0
fig      NaN
pear     4.5
Name: v, dtype: float64
>>> sum_of_missing()
s
apple    8.0
fig      0.0
pear     9.0
Name: v, dtype: float64
>>> count_of_missing()
s
apple    2
fig      0
pear     2
Name: v, dtype: int64
>>> after_mask()
k
a     1
b    12
c     1
Name: i, dtype: int64
>>> length()
(3, 4)
>>> reduced_again()
4.0
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def mean_by_string():
    df = pd.read_parquet("data/tiny.parquet")
    print(df.groupby("k")["x"].mean())


@ovenbird.jit
def sum_by_string():
    df = pd.read_parquet("data/tiny.parquet")
    print(df.groupby("k")["x"].sum())


@ovenbird.jit
def count_by_string():
    df = pd.read_parquet("data/tiny.parquet")
    print(df.groupby("k")["x"].count())


@ovenbird.jit
def mean_by_int():
    df = pd.read_parquet("data/groups.parquet")
    print(df.groupby("n")["w"].mean())


@ovenbird.jit
def sum_of_ints_by_int():
    df = pd.read_parquet("data/groups.parquet")
    print(df.groupby("n")["w"].sum())


@ovenbird.jit
def count_by_int():
    df = pd.read_parquet("data/groups.parquet")
    print(df.groupby("n")["v"].count())


@ovenbird.jit
def by_bool():
    df = pd.read_parquet("data/groups.parquet")
    print(df.groupby("b")["w"].sum())


@ovenbird.jit
def by_float():
    df = pd.read_parquet("data/groups.parquet")
    print(df.groupby("f")["w"].sum())


@ovenbird.jit
def mean_of_ints():
    df = pd.read_parquet("data/tiny.parquet")
    print(df.groupby("k")["i"].mean())


@ovenbird.jit
def missing_keys_and_values():
    df = pd.read_parquet("data/groups.parquet")
    print(df.groupby("s")["v"].mean())


@ovenbird.jit
def sum_of_missing():
    df = pd.read_parquet("data/groups.parquet")
    print(df.groupby("s")["v"].sum())


@ovenbird.jit
def count_of_missing():
    df = pd.read_parquet("data/groups.parquet")
    print(df.groupby("s")["v"].count())


@ovenbird.jit
def after_mask():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[df["x"] > 0.0].groupby("k")["i"].sum())


@ovenbird.jit
def length():
    df = pd.read_parquet("data/groups.parquet")
    return len(df.groupby("s")["v"].mean()), len(df.groupby("n")["w"].sum())


@ovenbird.jit
def reduced_again():
    df = pd.read_parquet("data/tiny.parquet")
    return float(df.groupby("k")["x"].sum().max())
