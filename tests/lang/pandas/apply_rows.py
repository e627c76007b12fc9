"""`df.apply(f, axis=1)`: a function of one row, given by name or as a lambda.

>>> distances()
0      343.556060
1    20015.086796
2     5570.222180
3        5.186805
dtype: float64
>>> mean_distance()
6483.512960396
>>> as_lambda()
0    -2.650800
1     0.000000
2    10.794600
3     0.046643
dtype: float64
>>> attribute_access()
103.641181
>>> of_ints()
0    10
1    40
2    90
dtype: int64
>>> to_bools()
0    False
1    False
2     True
3     True
dtype: bool
>>> used_as_mask()
2
>>> captured(10.0)
3
>>> of_some_columns()
0    100.364000
1      0.000000
2     92.220200
3     60.579975
dtype: float64
>>> branches()
0      0
1     50
2    100
dtype: int64
"""

import math

import ovenbird
import pandas as pd


def kilometres(lat1, lon1, lat2, lon2):
    dlat = math.radians(lat2 - lat1)
    dlon = math.radians(lon2 - lon1)
    a = math.sin(dlat / 2) ** 2 + math.cos(math.radians(lat1)) * math.cos(math.radians(lat2)) * math.sin(dlon / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(a))


def kilometres_of_row(row):
    return kilometres(row["lat1"], row["lon1"], row["lat2"], row["lon2"])


@ovenbird.jit
def distances():
    df = pd.read_parquet("data/points.parquet")
    print(df.apply(kilometres_of_row, axis=1))


@ovenbird.jit
def mean_distance():
    df = pd.read_parquet("data/points.parquet")
    return round(float(df.apply(kilometres_of_row, axis=1).mean()), 9)


@ovenbird.jit
def as_lambda():
    df = pd.read_parquet("data/points.parquet")
    print(df.apply(lambda row: row["lat1"] - row["lat2"], axis=1))


def span(row):
    return row.lon2 - row.lon1


@ovenbird.jit
def attribute_access():
    df = pd.read_parquet("data/points.parquet")
    return round(float(df.apply(span, axis=1).sum()), 9)


@ovenbird.jit
def of_ints():
    df = pd.read_parquet("data/ints.parquet")
    print(df.apply(lambda row: row["a"] * row["b"], axis=1))


@ovenbird.jit
def to_bools():
    df = pd.read_parquet("data/points.parquet")
    print(df.apply(lambda row: row["lat1"] > row["lat2"], axis=1))


@ovenbird.jit
def used_as_mask():
    df = pd.read_parquet("data/points.parquet")
    return len(df[df.apply(kilometres_of_row, axis=1) > 1000.0])


@ovenbird.jit
def captured(limit):
    df = pd.read_parquet("data/points.parquet")
    return int(df.apply(lambda row: row["lat1"] > limit, axis=1).sum())


@ovenbird.jit
def of_some_columns():
    df = pd.read_parquet("data/points.parquet")
    print(df[["lat1", "lat2"]].apply(lambda row: row["lat1"] + row["lat2"], axis=1))


def zone(row):
    if row["a"] > 2:
        return 100
    elif row["b"] > 10:
        return 50
    return 0


@ovenbird.jit
def branches():
    df = pd.read_parquet("data/ints.parquet")
    print(df.apply(zone, axis=1))
