"""Mean haversine distance over the rows of a Parquet file with a Numba loop, reading included.

    python haversine_numba.py FILE [--rounds R] [--apply N]

`--apply N` also times pandas' `df.apply(f, axis=1)` on the first N rows (about 33 microseconds a
row). Output is JSON: seconds of the first call (compilation included), of later calls, the answer.
"""

import importlib.util
import math
import sys

import shared

sys.path.insert(0, str(shared.ORACLE))
import numba  # noqa: E402
import pandas as pd  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

COLUMNS = ["lat1", "lon1", "lat2", "lon2"]


def program():
    """The functions that Ovenbird runs: the same text on both sides."""
    path = shared.PROGRAMS / "frames" / "haversine_rows.py"
    spec = importlib.util.spec_from_file_location("haversine_rows", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PROGRAM = program()
kilometres = numba.njit(PROGRAM.kilometres)


@numba.njit
def mean_kilometres(lat1, lon1, lat2, lon2):
    total = 0.0
    for i in range(len(lat1)):
        total += kilometres(lat1[i], lon1[i], lat2[i], lon2[i])
    return total / len(lat1)


def call(path):
    table = pq.read_table(path, columns=COLUMNS, use_threads=False)
    return mean_kilometres(*(table[name].to_numpy() for name in COLUMNS))


def main():
    parser = shared.options(__doc__.splitlines()[0], "file")
    parser.add_argument("--apply", type=int, metavar="N", help="also time pandas .apply on N rows")
    chosen = parser.parse_args()
    first, answer = shared.times(lambda: call(chosen.file), 1)
    again = shared.times(lambda: call(chosen.file), chosen.rounds)[0]
    result = {"numba": numba.__version__, "first": first[0], **shared.summary(again), "answer": answer}
    if chosen.apply:
        head = pd.read_parquet(chosen.file, columns=COLUMNS).head(chosen.apply)
        taken, mean = shared.times(lambda: head.apply(PROGRAM.kilometres_of_row, axis=1).mean(), 1)
        result["apply"] = {"rows": len(head), "seconds": taken[0], "answer": float(mean)}
        assert math.isfinite(mean)
    shared.report(result)


if __name__ == "__main__":
    main()
