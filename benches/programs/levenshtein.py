"""Edit distance of two sequences of n symbols, two rows at a time.

>>> main(0)
0
>>> main(60)
34
>>> main(7)
5
"""

import time

import numpy as np
import ovenbird

N_SMALL = 60
N_BENCH = 2_000


def symbols(n, seed):
    """`n` reproducible symbols of an alphabet of four."""
    values = np.empty(n, dtype=np.int64)
    state = seed
    for i in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        values[i] = (state >> 16) & 3
    return values


def setup(n):
    return symbols(n, 9), symbols(n, 10)


@ovenbird.jit(cache=True)
def kernel(a, b):
    n = len(b)
    before = np.empty(n + 1, dtype=np.int64)
    row = np.empty(n + 1, dtype=np.int64)
    for j in range(n + 1):
        before[j] = j
    for i in range(len(a)):
        row[0] = i + 1
        for j in range(n):
            cost = 0 if a[i] == b[j] else 1
            row[j + 1] = min(before[j + 1] + 1, row[j] + 1, before[j] + cost)
        before, row = row, before
    return int(before[n])


@ovenbird.jit(cache=True)
def main(n):
    a, b = setup(n)
    return kernel(a, b)


@ovenbird.jit(cache=True)
def timed(n, rounds):
    """Prints the seconds of each round of the kernel over the same data; returns the last answer."""
    a, b = setup(n)
    answer = kernel(a, b)
    for _ in range(rounds):
        start = time.time()
        answer = kernel(a, b)
        print(time.time() - start)
    return answer
