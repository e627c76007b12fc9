"""`np.linspace`, without `retstep` and `axis`."""

from intrinsics import check, f64_div, ptr_add, storage, store
from numpy._make import empty_array


def linspace(start, stop, num=50, endpoint=True):
    """`num` values from `start` to `stop`, evenly spaced."""
    first = float(start)
    last = float(stop)
    n = int(num)
    check(n >= 0, "ValueError", "Number of samples, {0}, must be non-negative.", n)
    out = empty_array(storage("float64"), (n,))
    parts = n
    if endpoint:
        parts = n - 1
    delta = last - first
    if parts > 0:
        step = f64_div(delta, float(parts))
        for i in range(n):
            store(out.dtype, ptr_add(out._data, i * 8), i * step + first)
        if endpoint:
            out[n - 1] = last
    elif n == 1:
        out[0] = first
    return out
