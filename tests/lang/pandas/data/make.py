"""Writes the Parquet files of this directory; run it here after a change: `python make.py`.

Versions are those of tests/oracle/requirements.txt. Files named in PLAIN carry no pandas metadata,
as files from other writers do: an int column with missing values then reads as float64.
"""

import datetime

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

NAN = float("nan")
START = datetime.datetime(2024, 2, 28, 23, 59, 58)
TIMES = [START + datetime.timedelta(seconds=37 * i) for i in range(6)]
UTC = pa.timestamp("ms", "UTC")

# Six rows, nothing missing.
TINY = {
    "k": ["b", "a", "b", "c", "a", "b"],
    "i": [3, 1, 4, 1, 5, 9],
    "x": [0.5, 2.25, -1.0, 4.0, 0.0, 3.5],
    "b": [True, False, True, True, False, False],
}

# Every column but `i` has missing values; `x` has a NaN as well as nulls, `allnull` nothing else.
MISSING = {
    "k": pa.array(["a", None, "b", "a", "b", None], pa.string()),
    "i": pa.array([1, 2, 3, 4, 5, 6], pa.int64()),
    "n": pa.array([10, None, 30, None, 50, 60], pa.int64()),
    "x": pa.array([1.5, None, NAN, 4.0, None, 8.5], pa.float64()),
    "allnull": pa.array([None] * 6, pa.float64()),
}

TIMED = {
    "t": pa.array(TIMES, pa.timestamp("ms")),
    "utc": pa.array([t.replace(tzinfo=datetime.timezone.utc) for t in TIMES], UTC),
    "gaps": pa.array([TIMES[0], None, *TIMES[2:]], pa.timestamp("ms")),
    "v": pa.array([1, 2, 3, 4, 5, 6], pa.int64()),
}

EMPTY = pa.schema([("k", pa.string()), ("i", pa.int64()), ("x", pa.float64()), ("b", pa.bool_())])

# Values that make pandas choose different number formats for a column.
FLOATS = {
    "whole": [1.0, 20.0, 300.0, -4.0],
    "tenths": [0.1, 1.25, -3.5, 10.0],
    "thirds": [1 / 3, 2 / 3, 10 / 3, 100 / 3],
    "large": [1e10, 2.5e10, -1e9, 0.0],
    "huge": [1e20, 2e-3, 3.0, -5e15],
    "small": [1e-7, 2.5e-7, 1e-3, 0.0],
    "missing": [1.5, NAN, 2.0, NAN],
}

GROUPS = {
    "s": pa.array(["pear", "apple", None, "pear", "fig", "apple", "fig", "pear"], pa.string()),
    "n": pa.array([3, 1, 3, 2, 1, 1, 2, -5], pa.int64()),
    "f": pa.array([0.5, 0.5, 1.5, NAN, 1.5, None, 0.5, 0.5], pa.float64()),
    "b": pa.array([True, False, True, True, False, True, False, True], pa.bool_()),
    "v": pa.array([1.0, 2.0, 3.0, None, NAN, 6.0, None, 8.0], pa.float64()),
    "w": pa.array([1, 2, 3, 4, 5, 6, 7, 8], pa.int64()),
}

POINTS = {
    "lat1": [48.8566, 0.0, 51.5074, 30.313309],
    "lon1": [2.3522, 0.0, -0.1278, -97.732711],
    "lat2": [51.5074, 0.0, 40.7128, 30.266666],
    "lon2": [-0.1278, 180.0, -74.006, -97.733330],
}


def plain(name, columns):
    pq.write_table(pa.table(columns), name + ".parquet")


def main():
    pd.DataFrame(TINY).to_parquet("tiny.parquet")
    plain("missing", MISSING)
    plain("timed", TIMED)
    plain("groups", GROUPS)
    plain("floats", FLOATS)
    plain("points", POINTS)
    pq.write_table(EMPTY.empty_table(), "empty.parquet")
    plain("one", {"i": [7], "x": [2.5]})
    rows = range(100)
    plain("long", {"n": list(rows), "half": [i / 2 for i in rows], "name": [f"row {i}" for i in rows]})
    # Several row groups, and an index that is not 0, 1, 2 …
    pq.write_table(pa.table({"n": list(rows), "x": [i * 0.25 for i in rows]}), "chunks.parquet", row_group_size=17)
    pd.DataFrame({"i": [1, 2, 3], "x": [0.5, 1.5, 2.5]}, index=[30, 10, 20]).to_parquet("indexed.parquet")
    # The middle of the real ride, with the schema, metadata and index column of the file that it is from.
    ride = pq.read_table("../../../../examples/data/cycling_dataset.pq")
    pq.write_table(ride.slice(1200, 250), "ride.parquet")
    pd.DataFrame({"a": [1, 2, 3], "b": [10, 20, 30]}).to_parquet("ints.parquet")


if __name__ == "__main__":
    main()
