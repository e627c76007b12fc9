"""New columns, the first and last rows, a loop over the columns, functions of one value.

>>> new_column()
   i     x      z  one
0  3  0.50   1.50    1
1  1  2.25   2.25    1
2  4 -1.00  -4.00    1
3  1  4.00   4.00    1
4  5  0.00   0.00    1
5  9  3.50  31.50    1
>>> new_column_of_rows()
   i     x         z
1  1  2.25  0.750000
3  1  4.00  1.333333
5  9  3.50  1.166667
>>> ends()
   k  i     x      b
0  b  3  0.50   True
1  a  1  2.25  False
3    4.0
4    0.0
5    3.5
Name: x, dtype: float64
   i    x
5  9  3.5
>>> lengths(2)
(2, 2, 4, 0)
>>> every_column()
k 6
i 6
x 6
b 6
>>> between()
3
>>> some_and_all()
(True, False, False, True)
>>> absent()
(3, 3, 15.5)
>>> mapped()
0    1.0
1    4.5
2   -2.0
3    8.0
4    0.0
5    7.0
Name: x, dtype: float64
>>> sizes()
k
a    2
b    3
c    1
dtype: int64
>>> frame_of_groups()
          i      x
k                 
a  3.000000  1.125
b  5.333333  1.000
c  1.000000  4.000
>>> shape()
((6, 4), 4.0)
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def new_column():
    df = pd.read_parquet("data/tiny.parquet", columns=["i", "x"])
    df["z"] = df["x"] * df["i"]
    df["one"] = 1
    print(df)


@ovenbird.jit
def new_column_of_rows():
    df = pd.read_parquet("data/tiny.parquet")
    some = df[df["x"] > 1.0][["i", "x"]]
    some["z"] = some["x"] / 3
    print(some)


@ovenbird.jit
def ends():
    df = pd.read_parquet("data/tiny.parquet")
    print(df.head(2))
    print(df["x"].tail(3))
    print(df[df["i"] > 3][["i", "x"]].tail(1))


@ovenbird.jit
def lengths(n):
    df = pd.read_parquet("data/tiny.parquet")
    return len(df.head(n)), len(df.tail(n)), len(df.head(-n)), len(df["x"].head(0))


@ovenbird.jit
def every_column():
    df = pd.read_parquet("data/tiny.parquet")
    for name in df.columns:
        print(name, df[name].count())


@ovenbird.jit
def between():
    x = pd.read_parquet("data/tiny.parquet")["x"]
    return int(x.between(0.0, 3.0).sum())


@ovenbird.jit
def some_and_all():
    x = pd.read_parquet("data/tiny.parquet")["x"]
    return bool((x > 3.0).any()), bool((x > 5.0).any()), bool((x > 3.0).all()), bool((x > -5.0).all())


@ovenbird.jit
def absent():
    x = pd.read_parquet("data/missing.parquet")["x"]
    return int(x.isna().sum()), int(x.notna().sum()), float(x.fillna(0.5).sum())


@ovenbird.jit
def mapped():
    df = pd.read_parquet("data/tiny.parquet")
    print(df["x"].map(lambda v: v * 2))


@ovenbird.jit
def sizes():
    df = pd.read_parquet("data/tiny.parquet")
    print(df.groupby("k").size())


@ovenbird.jit
def frame_of_groups():
    df = pd.read_parquet("data/tiny.parquet")
    print(df.groupby("k")[["i", "x"]].mean())


@ovenbird.jit
def shape():
    df = pd.read_parquet("data/tiny.parquet")
    return df.shape, float(df["x"].abs().max())
