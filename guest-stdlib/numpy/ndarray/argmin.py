"""`ndarray.argmin` of the whole array."""

from numpy._assign import run
from numpy._reduce import position_of


def _less(x, y):
    return x < y


def argmin(self):
    """Place of the first least element."""
    return position_of(run(self), _less, "argmin")
