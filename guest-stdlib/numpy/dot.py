"""`np.dot` of arrays of one and two axes. The order of the additions is not NumPy's (which leaves it
to BLAS), so the last bits may differ."""

from intrinsics import check, load, ptr_add, sizeof
from numpy._assign import run
from numpy._make import zero_array
from numpy._promote import joint_type, kind_of


def dot(a, b):
    """Inner product, matrix times vector, or matrix product."""
    if len(a.shape) == 1 and len(b.shape) == 1:
        check_inner(a.shape[0], b.shape[0])
        return _inner(run(a), run(b))
    return product(a, b)


def check_inner(m: int, n: int):
    """Raises ValueError unless the inner lengths agree."""
    check(m == n, "ValueError", "shapes are not aligned: {0} != {1}", m, n)


def _inner(a, b):
    if kind_of(a.dtype) == "f" or kind_of(b.dtype) == "f":
        return _inner_from(a, b, 0.0)
    return _inner_from(a, b, 0)


def _inner_from(a, b, total):
    for i in range(a.shape[0]):
        x = load(a.dtype, ptr_add(a._data, i * sizeof(a.dtype)))
        total += x * load(b.dtype, ptr_add(b._data, i * sizeof(b.dtype)))
    return total


def product(a, b):
    """A product in which at least one operand has two axes."""
    if len(a.shape) == 1:
        check_inner(a.shape[0], b.shape[0])
        return product(a.reshape(1, a.shape[0]), b)[0]
    if len(b.shape) == 1:
        check_inner(a.shape[1], b.shape[0])
        out = zero_array(joint_type(a, b), (a.shape[0],))
        x = run(a)
        y = run(b)
        for i in range(a.shape[0]):
            out[i] = _inner(x[i], y)
        return out
    check_inner(a.shape[1], b.shape[0])
    grid = zero_array(joint_type(a, b), (a.shape[0], b.shape[1]))
    x = run(a)
    y = run(b)
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            factor = x[i, k]
            for j in range(b.shape[1]):
                grid[i, j] += factor * y[k, j]
    return grid
