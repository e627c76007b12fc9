"""Mean great-circle distance over the rows of a frame of four columns, written in two ways.

The columns are `lat1`, `lon1`, `lat2`, `lon2`, as `benches/compare/make_points.py` writes them.

>>> round(kilometres(48.8566, 2.3522, 51.5074, -0.1278), 3)
343.556
"""

import math

import ovenbird
import pandas as pd


def kilometres(lat1, lon1, lat2, lon2):
    """Great-circle distance of two points in degrees."""
    dlat = math.radians(lat2 - lat1)
    dlon = math.radians(lon2 - lon1)
    a = math.sin(dlat / 2) ** 2 + math.cos(math.radians(lat1)) * math.cos(math.radians(lat2)) * math.sin(dlon / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(a))


def kilometres_of_row(row):
    return kilometres(row["lat1"], row["lon1"], row["lat2"], row["lon2"])


@ovenbird.jit(cache=True)
def mean_by_loop(path):
    df = pd.read_parquet(path)
    lat1 = df["lat1"].to_numpy()
    lon1 = df["lon1"].to_numpy()
    lat2 = df["lat2"].to_numpy()
    lon2 = df["lon2"].to_numpy()
    total = 0.0
    for i in range(len(df)):
        total += kilometres(lat1[i], lon1[i], lat2[i], lon2[i])
    return float(total / len(df))


@ovenbird.jit(cache=True)
def mean_by_apply(path):
    df = pd.read_parquet(path)
    return float(df.apply(kilometres_of_row, axis=1).mean())
