"""Product of two n x n matrices, a dot product for every element; its trace.

>>> main(1)
2.34375
>>> main(20)
-35.15625
"""

import time

import numpy as np
import ovenbird

N_SMALL = 20
N_BENCH = 512


def grid(n, seed):
    """An n x n matrix of small reproducible values."""
    a = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            a[i, j] = ((i * 31 + j * 17 + seed) % 64) / 16.0 - 2.0
    return a


def trace(a):
    total = 0.0
    for i in range(a.shape[0]):
        total += a[i, i]
    return float(total)


def setup(n):
    return grid(n, 7), grid(n, 8), np.zeros((n, n))


@ovenbird.jit(cache=True)
def kernel(a, b, c):
    rows, inner = a.shape
    columns = b.shape[1]
    for i in range(rows):
        for j in range(columns):
            total = 0.0
            for k in range(inner):
                total += a[i, k] * b[k, j]
            c[i, j] = total
    return trace(c)


@ovenbird.jit(cache=True)
def main(n):
    a, b, c = setup(n)
    return kernel(a, b, c)


@ovenbird.jit(cache=True)
def timed(n, rounds):
    """Prints the seconds of each round of the kernel over the same data; returns the last answer."""
    a, b, c = setup(n)
    answer = kernel(a, b, c)
    for _ in range(rounds):
        start = time.time()
        answer = kernel(a, b, c)
        print(time.time() - start)
    return answer
