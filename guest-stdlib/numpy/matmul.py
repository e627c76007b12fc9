"""`np.matmul`."""

from numpy.dot import dot


def matmul(a, b):
    """The matrix product."""
    return dot(a, b)
