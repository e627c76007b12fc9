"""Means of `power` and `speed` of a Parquet file with pandas.

    python cycling_pandas.py FILE [--rounds R] [--columns]

`--columns` gives `columns=` to `read_parquet`, which is what Ovenbird finds out by itself. Output is
JSON: seconds of the import, of the first call and of later calls, peak memory and the answer.
"""

import time

START = time.perf_counter()
import pandas as pd  # noqa: E402

IMPORTED = time.perf_counter() - START

import resource  # noqa: E402

import shared  # noqa: E402

WANTED = ["power", "speed"]


def mean_power_speed(path, columns):
    df = pd.read_parquet(path, columns=columns)
    return df[WANTED].mean()


def main():
    parser = shared.options(__doc__.splitlines()[0], "file")
    parser.add_argument("--columns", action="store_true", help="read only the two columns")
    chosen = parser.parse_args()
    columns = WANTED if chosen.columns else None
    first, answer = shared.times(lambda: mean_power_speed(chosen.file, columns), 1)
    again = shared.times(lambda: mean_power_speed(chosen.file, columns), chosen.rounds)[0]
    shared.report(
        {
            "pandas": pd.__version__,
            "import": IMPORTED,
            "first": first[0],
            **shared.summary(again),
            "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            "answer": answer.to_dict(),
        }
    )


if __name__ == "__main__":
    main()
