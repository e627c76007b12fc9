"""Writes a long Parquet file with the columns of the cycling dataset and four more.

    python make_cycling_10m.py OUTPUT [--rows N]

Ten row groups, snappy, fixed seed. The rows of the real ride are repeated with a little noise;
`device` and `note` are strings, `temp` and `lap` have missing values, as has `note`.
"""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

RIDE = Path(__file__).resolve().parents[2] / "examples" / "data" / "cycling_dataset.pq"
GROUPS = 10
DEVICES = np.array(["edge-520", "edge-820", "fenix-3", "wahoo-bolt", "phone"])
NOTES = np.array([f"segment {i:03d}" for i in range(200)])


def group(ride, first, count, random):
    """One row group as a table: rows `first` to `first + count` of the long file."""
    rows = np.arange(first, first + count)
    take = rows % len(ride["power"])
    columns = {}
    for name in ["Unnamed: 0", "altitude", "cadence", "distance", "hr", "latitude", "longitude", "power", "speed"]:
        values = ride[name][take]
        if name in ("altitude", "speed"):
            values = np.round(values + random.normal(0.0, 0.01, count), 3)
        elif name in ("power", "hr", "cadence"):
            values = np.maximum(values + random.integers(-2, 3, count), 0)
        columns[name] = pa.array(values)
    seconds = ride["time"][take] + np.timedelta64(1000, "ms") * rows
    columns["time"] = pa.array(seconds, pa.timestamp("ms")).cast(pa.timestamp("ms", "UTC"))
    columns["device"] = pa.array(DEVICES[random.integers(0, len(DEVICES), count)])
    columns["note"] = pa.array(NOTES[random.integers(0, len(NOTES), count)], mask=random.random(count) < 0.10)
    columns["temp"] = pa.array(random.normal(24.0, 6.0, count), mask=random.random(count) < 0.05)
    columns["lap"] = pa.array(rows // 100_000, mask=random.random(count) < 0.02)
    columns["__index_level_0__"] = pa.array(rows)
    return pa.table(columns)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output")
    parser.add_argument("--rows", type=int, default=10_000_000)
    chosen = parser.parse_args()
    table = pq.read_table(RIDE)
    ride = {name: table[name].to_numpy() for name in table.column_names}
    random = np.random.default_rng(20161020)
    count = -(-chosen.rows // GROUPS)
    writer = None
    for first in range(0, chosen.rows, count):
        part = group(ride, first, min(count, chosen.rows - first), random)
        if writer is None:
            writer = pq.ParquetWriter(chosen.output, part.schema, compression="snappy")
        writer.write_table(part, row_group_size=count)
    writer.close()


if __name__ == "__main__":
    main()
