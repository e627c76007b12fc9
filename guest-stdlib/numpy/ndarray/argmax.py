"""`ndarray.argmax` of the whole array."""

from numpy._assign import run
from numpy._reduce import position_of


def _more(x, y):
    return x > y


def argmax(self):
    """Place of the first greatest element."""
    return position_of(run(self), _more, "argmax")
