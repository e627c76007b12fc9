"""Writes a Parquet file of pairs of points on the globe: `lat1`, `lon1`, `lat2`, `lon2`.

    python make_points.py OUTPUT [--rows N]
"""

import argparse

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output")
    parser.add_argument("--rows", type=int, default=1_000_000)
    chosen = parser.parse_args()
    random = np.random.default_rng(6371)
    columns = {}
    for pair in "12":
        columns["lat" + pair] = random.uniform(25.0, 49.0, chosen.rows)
        columns["lon" + pair] = random.uniform(-124.0, -67.0, chosen.rows)
    pq.write_table(pa.table(columns), chosen.output, compression="snappy", row_group_size=262_144)


if __name__ == "__main__":
    main()
