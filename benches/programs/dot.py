"""Dot product of two float64 arrays, in order.

>>> main(0)
0.0
>>> main(1000)
243.68622645859259
"""

import time

import numpy as np
import ovenbird

N_SMALL = 1_000
N_BENCH = 10_000_000


def uniform(n, seed):
    """`n` reproducible values in [0, 1): a 31-bit linear congruential generator."""
    values = np.empty(n)
    state = seed
    for i in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        values[i] = state / 2147483648.0
    return values


def setup(n):
    return uniform(n, 3), uniform(n, 4)


@ovenbird.jit(cache=True)
def kernel(x, y):
    total = 0.0
    for i in range(len(x)):
        total += x[i] * y[i]
    return float(total)


@ovenbird.jit(cache=True)
def main(n):
    x, y = setup(n)
    return kernel(x, y)


@ovenbird.jit(cache=True)
def timed(n, rounds):
    """Prints the seconds of each round of the kernel over the same data; returns the last answer."""
    x, y = setup(n)
    answer = kernel(x, y)
    for _ in range(rounds):
        start = time.time()
        answer = kernel(x, y)
        print(time.time() - start)
    return answer
