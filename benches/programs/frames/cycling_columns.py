"""Means of two columns of a wide file whose path is an argument."""

import ovenbird
import pandas as pd


@ovenbird.jit(cache=True)
def mean_power_speed(path):
    df = pd.read_parquet(path)
    return df[["power", "speed"]].mean()
