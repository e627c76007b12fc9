"""Arithmetic of columns with columns and with numbers, element by element.

>>> plus_column()
0     3.50
1     3.25
2     3.00
3     5.00
4     5.00
5    12.50
dtype: float64
>>> plus_number()
0    1.50
1    3.25
2    0.00
3    5.00
4    1.00
5    4.50
Name: x, dtype: float64
>>> number_first()
0    7
1    9
2    6
3    9
4    5
5    1
Name: i, dtype: int64
0    0.750
1    3.375
2   -1.500
3    6.000
4    0.000
5    5.250
Name: x, dtype: float64
>>> ints_stay_ints()
0     9
1     1
2    16
3     1
4    25
5    81
Name: i, dtype: int64
>>> true_division()
0    1.5
1    0.5
2    2.0
3    0.5
4    2.5
5    4.5
Name: i, dtype: float64
>>> division_by_zero()
0    6.000000
1    0.444444
2   -4.000000
3    0.250000
4         inf
5    2.571429
dtype: float64
>>> float_floor_division()
0    0.0
1    1.0
2   -1.0
3    2.0
4    0.0
5    1.0
Name: x, dtype: float64
>>> int_floor_division()
0   -2
1   -1
2   -2
3   -1
4   -3
5   -5
Name: i, dtype: int64
>>> int_modulo()
0    2
1    0
2    0
3    0
4    1
5    2
Name: i, dtype: int64
>>> power()
0     0.2500
1     5.0625
2     1.0000
3    16.0000
4     0.0000
5    12.2500
Name: x, dtype: float64
>>> negated()
0   -3
1   -1
2   -4
3   -1
4   -5
5   -9
Name: i, dtype: int64
>>> chain()
0    0.000
1    0.375
2   -0.500
3    1.250
4    0.250
5    3.000
dtype: float64
>>> bool_sum()
(3, 0.5)
>>> temporary()
(18.5, 4.0)
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def plus_column():
    df = pd.read_parquet("data/tiny.parquet")
    print(df["i"] + df["x"])


@ovenbird.jit
def plus_number():
    df = pd.read_parquet("data/tiny.parquet")
    print(df["x"] + 1)


@ovenbird.jit
def number_first():
    df = pd.read_parquet("data/tiny.parquet")
    print(10 - df["i"])
    print(1.5 * df["x"])


@ovenbird.jit
def ints_stay_ints():
    df = pd.read_parquet("data/tiny.parquet")
    print(df["i"] * df["i"])


@ovenbird.jit
def true_division():
    df = pd.read_parquet("data/tiny.parquet")
    print(df["i"] / 2)


@ovenbird.jit
def division_by_zero():
    df = pd.read_parquet("data/tiny.parquet")
    print(df["i"] / df["x"])


@ovenbird.jit
def float_floor_division():
    df = pd.read_parquet("data/tiny.parquet")
    print(df["x"] // 2)


@ovenbird.jit
def int_floor_division():
    df = pd.read_parquet("data/tiny.parquet")
    print(df["i"] // -2)


@ovenbird.jit
def int_modulo():
    df = pd.read_parquet("data/tiny.parquet")
    print((df["i"] - 4) % 3)


@ovenbird.jit
def power():
    df = pd.read_parquet("data/tiny.parquet")
    print(df["x"] ** 2)


@ovenbird.jit
def negated():
    df = pd.read_parquet("data/tiny.parquet")
    print(-df["i"])


@ovenbird.jit
def chain():
    df = pd.read_parquet("data/tiny.parquet")
    print((df["x"] * 2 + df["i"]) / 4 - 1)


@ovenbird.jit
def bool_sum():
    df = pd.read_parquet("data/tiny.parquet")
    return int(df["b"].sum()), float(df["b"].mean())


@ovenbird.jit
def temporary():
    df = pd.read_parquet("data/tiny.parquet")
    doubled = df["x"] * 2
    return float(doubled.sum()), float((doubled - df["x"]).max())
