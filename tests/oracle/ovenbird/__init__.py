"""Stand-in for the `ovenbird` module under CPython: `jit` returns its function unchanged.

With this directory on `PYTHONPATH`, a program written for Ovenbird runs under CPython with NumPy
and pandas. `ovenbird run` resolves relative paths against the script's directory, so importing
this module from a script started as `python path/to/script.py` enters that directory too.
It compiles, caches and confines nothing.
"""

import os
import sys


def jit(function=None, *, cache=False):
    """Works as `@jit`, `@jit()` and `@jit(cache=True)`; the function comes back as it is."""
    if function is None:
        return lambda decorated: decorated
    return function


def _enter_script_directory():
    main = sys.modules.get("__main__")
    path = getattr(main, "__file__", None)
    # A module run with `-m` (doctest, say) has a spec; only a plain script is "the program".
    if path is None or getattr(main, "__spec__", None) is not None:
        return
    directory = os.path.dirname(os.path.abspath(path))
    # The oracle's own runner lies beside this package and enters directories itself.
    if directory != os.path.dirname(os.path.dirname(os.path.abspath(__file__))):
        os.chdir(directory)


_enter_script_directory()
