"""Means of the last 100 values at every place of a float64 array; the last one.

>>> main(50)
nan
>>> main(1000)
0.5136921557877213
"""

import math
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
    return uniform(n, 16), 100, np.zeros(n)


@ovenbird.jit(cache=True)
def kernel(x, window, out):
    total = 0.0
    for i in range(len(x)):
        total += x[i]
        if i >= window:
            total -= x[i - window]
        if i >= window - 1:
            out[i] = total / window
        else:
            out[i] = math.nan
    return float(out[len(x) - 1])


@ovenbird.jit(cache=True)
def main(n):
    x, window, out = setup(n)
    return kernel(x, window, out)


@ovenbird.jit(cache=True)
def timed(n, rounds):
    """Prints the seconds of each round of the kernel over the same data; returns the last answer."""
    x, window, out = setup(n)
    answer = kernel(x, window, out)
    for _ in range(rounds):
        start = time.time()
        answer = kernel(x, window, out)
        print(time.time() - start)
    return answer
