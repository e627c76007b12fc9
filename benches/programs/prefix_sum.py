"""Running sums of a float64 array into another; the last one.

>>> main(1)
0.707970691844821
>>> main(1000)
500.33370267413557
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
    return uniform(n, 15), np.zeros(n)


@ovenbird.jit(cache=True)
def kernel(x, out):
    total = 0.0
    for i in range(len(x)):
        total += x[i]
        out[i] = total
    return float(out[len(x) - 1])


@ovenbird.jit(cache=True)
def main(n):
    x, out = setup(n)
    return kernel(x, out)


@ovenbird.jit(cache=True)
def timed(n, rounds):
    """Prints the seconds of each round of the kernel over the same data; returns the last answer."""
    x, out = setup(n)
    answer = kernel(x, out)
    for _ in range(rounds):
        start = time.time()
        answer = kernel(x, out)
        print(time.time() - start)
    return answer
