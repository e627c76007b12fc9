"""Mean of a float64 array, in order.

>>> main(1)
0.02773440768942237
>>> main(1000)
0.500453207815066
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
    return (uniform(n, 2),)


@ovenbird.jit(cache=True)
def kernel(x):
    total = 0.0
    for i in range(x.shape[0]):
        total += x[i]
    return float(total / x.shape[0])


@ovenbird.jit(cache=True)
def main(n):
    (x,) = setup(n)
    return kernel(x)


@ovenbird.jit(cache=True)
def timed(n, rounds):
    """Prints the seconds of each round of the kernel over the same data; returns the last answer."""
    (x,) = setup(n)
    answer = kernel(x)
    for _ in range(rounds):
        start = time.time()
        answer = kernel(x)
        print(time.time() - start)
    return answer
