"""A function of one row over a frame, in the two ways that people write it.

Distances in kilometres from the place where the ride began, over the GPS track of the ride.
Where the receiver had no fix it wrote (0, 0): those rows are left out.

>>> round(farthest_by_loop(), 6)
5.729446
>>> round(farthest_by_apply(), 6)
5.729386
>>> round(kilometres(48.8566, 2.3522, 51.5074, -0.1278), 3)
343.556
"""

import math

import ovenbird
import pandas as pd

EARTH_RADIUS = 6371.0


def kilometres(lat1, lon1, lat2, lon2):
    """Great-circle distance of two points in degrees."""
    dlat = math.radians(lat2 - lat1)
    dlon = math.radians(lon2 - lon1)
    a = math.sin(dlat / 2) ** 2 + math.cos(math.radians(lat1)) * math.cos(math.radians(lat2)) * math.sin(dlon / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(a))


def from_start(row):
    """How far a row of the frame is from the start of the ride (to a metre or so)."""
    return kilometres(30.313309, -97.732711, row["latitude"], row["longitude"])


def fixes():
    """The rows of the ride where the receiver knew its place."""
    df = pd.read_parquet("data/cycling_dataset.pq")
    return df[df["latitude"] != 0.0]


@ovenbird.jit(cache=True)
def farthest_by_loop():
    df = fixes()
    latitude = df["latitude"].to_numpy()
    longitude = df["longitude"].to_numpy()
    farthest = 0.0
    for i in range(len(df)):
        farthest = max(farthest, kilometres(latitude[0], longitude[0], latitude[i], longitude[i]))
    return float(farthest)


@ovenbird.jit(cache=True)
def farthest_by_apply():
    return float(fixes().apply(from_start, axis=1).max())


if __name__ == "__main__":
    print("by a loop over the columns:", round(farthest_by_loop(), 6), "km")
    print("by df.apply(axis=1):       ", round(farthest_by_apply(), 6), "km")
