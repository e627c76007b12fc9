"""Means of `power` and `speed` of a Parquet file with Polars, lazily.

    python cycling_polars.py FILE [--rounds R]

`POLARS_MAX_THREADS=1` compares one thread with one. Output is JSON, as that of cycling_pandas.py.
"""

import time

START = time.perf_counter()
import polars as pl  # noqa: E402

IMPORTED = time.perf_counter() - START

import resource  # noqa: E402

import shared  # noqa: E402


def mean_power_speed(path):
    return pl.scan_parquet(path).select(pl.col("power", "speed").mean()).collect().row(0, named=True)


def main():
    chosen = shared.options(__doc__.splitlines()[0], "file").parse_args()
    first, answer = shared.times(lambda: mean_power_speed(chosen.file), 1)
    again = shared.times(lambda: mean_power_speed(chosen.file), chosen.rounds)[0]
    shared.report(
        {
            "polars": pl.__version__,
            "threads": pl.thread_pool_size(),
            "import": IMPORTED,
            "first": first[0],
            **shared.summary(again),
            "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            "answer": answer,
        }
    )


if __name__ == "__main__":
    main()
