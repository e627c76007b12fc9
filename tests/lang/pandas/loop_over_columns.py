"""A `for` over the rows of columns, as arrays.

>>> total_distance()
25934.051841584
>>> weighted()
35.25
>>> count_between(0.0, 3.0)
2
>>> longest_rise()
3
>>> index_error(6)
Traceback (most recent call last):
IndexError: index 6 is out of bounds for axis 0 with size 6
>>> of_bools()
3
>>> filtered()
(4, 3.0)
"""

import math

import ovenbird
import pandas as pd


def kilometres(lat1, lon1, lat2, lon2):
    dlat = math.radians(lat2 - lat1)
    dlon = math.radians(lon2 - lon1)
    a = math.sin(dlat / 2) ** 2 + math.cos(math.radians(lat1)) * math.cos(math.radians(lat2)) * math.sin(dlon / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(a))


@ovenbird.jit
def total_distance():
    df = pd.read_parquet("data/points.parquet")
    lat1 = df["lat1"].to_numpy()
    lon1 = df["lon1"].to_numpy()
    lat2 = df["lat2"].to_numpy()
    lon2 = df["lon2"].to_numpy()
    total = 0.0
    for i in range(len(df)):
        total += kilometres(lat1[i], lon1[i], lat2[i], lon2[i])
    return round(float(total), 9)


@ovenbird.jit
def weighted():
    df = pd.read_parquet("data/tiny.parquet")
    x = df["x"].to_numpy()
    i = df["i"].to_numpy()
    total = 0.0
    for row in range(len(x)):
        total += x[row] * i[row]
    return float(total)


@ovenbird.jit
def count_between(low, high):
    x = pd.read_parquet("data/tiny.parquet")["x"].to_numpy()
    count = 0
    for row in range(len(x)):
        if low < x[row] < high:
            count += 1
    return count


@ovenbird.jit
def longest_rise():
    i = pd.read_parquet("data/tiny.parquet")["i"].to_numpy()
    longest = 1
    run = 1
    for row in range(1, len(i)):
        if i[row] > i[row - 1]:
            run += 1
            longest = max(longest, run)
        else:
            run = 1
    return longest


@ovenbird.jit
def index_error(i):
    x = pd.read_parquet("data/tiny.parquet")["x"].to_numpy()
    return float(x[i])


@ovenbird.jit
def of_bools():
    b = pd.read_parquet("data/tiny.parquet")["b"].to_numpy()
    count = 0
    for row in range(len(b)):
        if b[row]:
            count += 1
    return count


@ovenbird.jit
def filtered():
    df = pd.read_parquet("data/tiny.parquet")
    x = df[df["i"] > 1]["x"].to_numpy()
    total = 0.0
    for row in range(len(x)):
        total += x[row]
    return len(x), float(total)
