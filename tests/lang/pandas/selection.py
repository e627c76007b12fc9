"""One column, several columns, rows by a mask; len of each; printing.

>>> column()
0    3
1    1
2    4
3    1
4    5
5    9
Name: i, dtype: int64
>>> attribute()
0    0.50
1    2.25
2   -1.00
3    4.00
4    0.00
5    3.50
Name: x, dtype: float64
>>> columns()
      x  i
0  0.50  3
1  2.25  1
2 -1.00  4
3  4.00  1
4  0.00  5
5  3.50  9
>>> one_column_frame()
   i
0  3
1  1
2  4
3  1
4  5
5  9
>>> rows()
   k  i    x      b
2  b  4 -1.0   True
4  a  5  0.0  False
5  b  9  3.5  False
>>> rows_of_columns()
   i     x
1  1  2.25
3  1  4.00
5  9  3.50
>>> columns_of_rows()
   i     x
1  1  2.25
3  1  4.00
5  9  3.50
>>> column_of_rows()
0    0.5
2   -1.0
3    4.0
Name: x, dtype: float64
>>> whole()
   k  i     x      b
0  b  3  0.50   True
1  a  1  2.25  False
2  b  4 -1.00   True
3  c  1  4.00   True
4  a  5  0.00  False
5  b  9  3.50  False
>>> lengths()
(6, 6, 3, 6)
>>> masked_twice()
   i    x
0  3  0.5
5  9  3.5
>>> mask_of_column()
0    0.50
1    2.25
3    4.00
5    3.50
Name: x, dtype: float64
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def column():
    df = pd.read_parquet("data/tiny.parquet")
    print(df["i"])


@ovenbird.jit
def attribute():
    df = pd.read_parquet("data/tiny.parquet")
    print(df.x)


@ovenbird.jit
def columns():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[["x", "i"]])


@ovenbird.jit
def one_column_frame():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[["i"]])


@ovenbird.jit
def rows():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[df["i"] > 3])


@ovenbird.jit
def rows_of_columns():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[["i", "x"]][df["x"] > 1.0])


@ovenbird.jit
def columns_of_rows():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[df.x > 1.0][["i", "x"]])


@ovenbird.jit
def column_of_rows():
    df = pd.read_parquet("data/tiny.parquet")
    print(df[df["b"]]["x"])


@ovenbird.jit
def whole():
    df = pd.read_parquet("data/tiny.parquet")
    print(df)


@ovenbird.jit
def lengths():
    df = pd.read_parquet("data/tiny.parquet")
    return len(df), len(df["x"]), len(df[df["i"] > 3]), len(df[["i", "x"]])


@ovenbird.jit
def masked_twice():
    df = pd.read_parquet("data/tiny.parquet")
    some = df[df["i"] > 1]
    print(some[some["x"] > 0.0][["i", "x"]])


@ovenbird.jit
def mask_of_column():
    df = pd.read_parquet("data/tiny.parquet")
    x = df["x"]
    print(x[x > 0.0])
