"""Times Numba's first call of functions in a process whose compiler has started already.

    python compile_numba.py

Output is JSON: seconds of the first call, which compiles, of each function.
"""

import sys
import time

import shared

sys.path.insert(0, str(shared.ORACLE))
import numba  # noqa: E402
from kernels_numba import load  # noqa: E402


def first(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main():
    start_up = first(lambda: numba.njit(lambda x: x)(1))
    add = numba.njit(lambda a, b: a + b)
    mandelbrot = load(shared.PROGRAMS / "mandelbrot.py", fastmath=False).kernel
    functions = {"add": first(lambda: add(1.0, 2.0)), "mandelbrot": first(lambda: mandelbrot(2, 2))}
    shared.report({"numba": numba.__version__, "start_up": start_up, "functions": functions})


if __name__ == "__main__":
    main()
