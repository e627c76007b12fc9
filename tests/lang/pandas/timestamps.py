"""Timestamps, with a time zone and without: printing, smallest, largest, comparison, count.

>>> printed()
0   2024-02-28 23:59:58
1   2024-02-29 00:00:35
2   2024-02-29 00:01:12
3   2024-02-29 00:01:49
4   2024-02-29 00:02:26
5   2024-02-29 00:03:03
Name: t, dtype: datetime64[ms]
>>> printed_utc()
0   2024-02-28 23:59:58+00:00
1   2024-02-29 00:00:35+00:00
2   2024-02-29 00:01:12+00:00
3   2024-02-29 00:01:49+00:00
4   2024-02-29 00:02:26+00:00
5   2024-02-29 00:03:03+00:00
Name: utc, dtype: datetime64[ms, UTC]
>>> printed_gaps()
0   2024-02-28 23:59:58
1                   NaT
2   2024-02-29 00:01:12
3   2024-02-29 00:01:49
4   2024-02-29 00:02:26
5   2024-02-29 00:03:03
Name: gaps, dtype: datetime64[ms]
>>> extremes()
2024-02-28 23:59:58 2024-02-29 00:03:03
>>> extremes_utc()
2024-02-28 23:59:58+00:00 2024-02-29 00:03:03+00:00
>>> compared()
(5, 4)
>>> counted()
(5, 6)
>>> frame()
   v                gaps
0  1 2024-02-28 23:59:58
1  2                 NaT
2  3 2024-02-29 00:01:12
3  4 2024-02-29 00:01:49
4  5 2024-02-29 00:02:26
5  6 2024-02-29 00:03:03
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def printed():
    df = pd.read_parquet("data/timed.parquet")
    print(df["t"])


@ovenbird.jit
def printed_utc():
    df = pd.read_parquet("data/timed.parquet")
    print(df["utc"])


@ovenbird.jit
def printed_gaps():
    df = pd.read_parquet("data/timed.parquet")
    print(df["gaps"])


@ovenbird.jit
def extremes():
    df = pd.read_parquet("data/timed.parquet")
    print(df["t"].min(), df["t"].max())


@ovenbird.jit
def extremes_utc():
    df = pd.read_parquet("data/timed.parquet")
    print(df["utc"].min(), df["utc"].max())


@ovenbird.jit
def compared():
    df = pd.read_parquet("data/timed.parquet")
    return int((df["t"] == df["gaps"]).sum()), int((df["gaps"] > df["t"].min()).sum())


@ovenbird.jit
def counted():
    df = pd.read_parquet("data/timed.parquet")
    return int(df["gaps"].count()), int(df["utc"].count())


@ovenbird.jit
def frame():
    df = pd.read_parquet("data/timed.parquet")
    print(df[["v", "gaps"]])
