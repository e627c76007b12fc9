"""Two hundred and fifty rows of the cycling dataset: every column, masks, reductions, labels from 1200 on.

>>> length()
250
>>> means()
altitude      127.156800
cadence        49.232000
distance     7644.288523
hr            107.996000
latitude       30.268712
longitude     -97.759195
power         100.896000
speed           5.484364
dtype: float64
>>> deviations()
power      85.961262
speed       1.529378
cadence    33.946482
dtype: float64
>>> uphill()
(29, 104.965517241)
>>> fast_share()
0.156
>>> counts()
Unnamed: 0    250
altitude      250
cadence       250
distance      250
hr            250
latitude      250
longitude     250
power         250
speed         250
time          250
dtype: int64
>>> ranges()
power      520
hr         128
cadence    167
dtype: int64
altitude    124.199997
speed         0.000000
dtype: float64
>>> by_cadence()
(54, 365.0)
>>> head_and_tail()
1200    0
1201    0
1202    0
1203    0
1204    0
       ..
1445    1
1446    0
1447    0
1448    0
1449    0
Name: power, Length: 250, dtype: int64
"""

import ovenbird
import pandas as pd


@ovenbird.jit
def length():
    return len(pd.read_parquet("data/ride.parquet"))


@ovenbird.jit
def means():
    df = pd.read_parquet("data/ride.parquet")
    print(df[["altitude", "cadence", "distance", "hr", "latitude", "longitude", "power", "speed"]].mean())


@ovenbird.jit
def deviations():
    df = pd.read_parquet("data/ride.parquet")
    print(df[["power", "speed", "cadence"]].std())


@ovenbird.jit
def uphill():
    df = pd.read_parquet("data/ride.parquet")
    strong = df[(df["power"] > 150) & (df["speed"] < 6.0)]
    return len(strong), round(float(strong["hr"].mean()), 9)


@ovenbird.jit
def fast_share():
    df = pd.read_parquet("data/ride.parquet")
    return round(float((df.speed > 7.0).mean()), 9)


@ovenbird.jit
def counts():
    df = pd.read_parquet("data/ride.parquet")
    print(df.count())


@ovenbird.jit
def ranges():
    df = pd.read_parquet("data/ride.parquet")
    print(df[["power", "hr", "cadence"]].max())
    print(df[["altitude", "speed"]].min())


@ovenbird.jit
def by_cadence():
    df = pd.read_parquet("data/ride.parquet")
    means = df.groupby("cadence")["power"].mean()
    return len(means), round(float(means.max()), 9)


@ovenbird.jit
def head_and_tail():
    df = pd.read_parquet("data/ride.parquet")
    print(df["power"])
