"""Times the kernels of `benches/programs` under Numba, warm, one thread.

    python kernels_numba.py [--rounds R] [--kernels sum,dot] [--small] [--fastmath]

Every function of a program but `main` and `timed` is compiled with `numba.njit`; data is made once
by `setup(N_BENCH)` and the kernel is called once untimed. Output is JSON: for every kernel the best
and median seconds, the seconds of the first call (compilation included) and the checksum.
"""

import importlib.util
import sys
import time
import types

import shared

sys.path.insert(0, str(shared.ORACLE))
import numba  # noqa: E402

DRIVERS = {"main", "timed"}


def load(path, fastmath):
    """Imports a program and compiles its functions in place, so that they call each other compiled."""
    spec = importlib.util.spec_from_file_location("bench_" + path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, value in list(vars(module).items()):
        if isinstance(value, types.FunctionType) and value.__module__ == spec.name and name not in DRIVERS:
            setattr(module, name, numba.njit(fastmath=fastmath)(value))
    return module


def measure(path, rounds, small, fastmath):
    module = load(path, fastmath)
    size = module.N_SMALL if small else module.N_BENCH
    arguments = module.setup(size)
    start = time.perf_counter()
    module.kernel(*arguments)
    first = time.perf_counter() - start
    taken, answer = shared.times(lambda: module.kernel(*arguments), rounds)
    return {"n": size, "first": first, **shared.summary(taken), "checksum": answer}


def main():
    parser = shared.options(__doc__.splitlines()[0])
    parser.add_argument("--kernels", help="comma-separated names, default all")
    parser.add_argument("--small", action="store_true", help="N_SMALL instead of N_BENCH")
    parser.add_argument("--fastmath", action="store_true", help="let Numba reorder float arithmetic")
    chosen = parser.parse_args()
    names = chosen.kernels.split(",") if chosen.kernels else sorted(p.stem for p in shared.PROGRAMS.glob("*.py"))
    kernels = {}
    for name in names:
        kernels[name] = measure(shared.PROGRAMS / f"{name}.py", chosen.rounds, chosen.small, chosen.fastmath)
        print(f"{name:16} {kernels[name]['best'] * 1e3:10.3f} ms", file=sys.stderr)
    shared.report({"numba": numba.__version__, "fastmath": chosen.fastmath, "kernels": kernels})


if __name__ == "__main__":
    main()
