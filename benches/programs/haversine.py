"""Mean great-circle distance of n pairs of points, four columns of degrees.

# tolerance: 1e-12 relative, sin, cos and asin of C libraries differ in the last bit

>>> round(main(1), 6)
960.936606
>>> round(main(100), 6)
9220.04329
"""

import math
import time

import numpy as np
import ovenbird

N_SMALL = 100
N_BENCH = 1_000_000


def uniform(n, seed):
    """`n` reproducible values in [0, 1): a 31-bit linear congruential generator."""
    values = np.empty(n)
    state = seed
    for i in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        values[i] = state / 2147483648.0
    return values


def kilometres(lat1, lon1, lat2, lon2):
    """Great-circle distance of two points in degrees."""
    dlat = math.radians(lat2 - lat1)
    dlon = math.radians(lon2 - lon1)
    a = math.sin(dlat / 2) ** 2 + math.cos(math.radians(lat1)) * math.cos(math.radians(lat2)) * math.sin(dlon / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(a))


def setup(n):
    lat1 = uniform(n, 17)
    lon1 = uniform(n, 18)
    lat2 = uniform(n, 19)
    lon2 = uniform(n, 20)
    for i in range(n):
        lat1[i] = 180.0 * lat1[i] - 90.0
        lon1[i] = 360.0 * lon1[i] - 180.0
        lat2[i] = 180.0 * lat2[i] - 90.0
        lon2[i] = 360.0 * lon2[i] - 180.0
    return lat1, lon1, lat2, lon2


@ovenbird.jit(cache=True)
def kernel(lat1, lon1, lat2, lon2):
    total = 0.0
    for i in range(len(lat1)):
        total += kilometres(lat1[i], lon1[i], lat2[i], lon2[i])
    return float(total / len(lat1))


@ovenbird.jit(cache=True)
def main(n):
    lat1, lon1, lat2, lon2 = setup(n)
    return kernel(lat1, lon1, lat2, lon2)


@ovenbird.jit(cache=True)
def timed(n, rounds):
    """Prints the seconds of each round of the kernel over the same data; returns the last answer."""
    lat1, lon1, lat2, lon2 = setup(n)
    answer = kernel(lat1, lon1, lat2, lon2)
    for _ in range(rounds):
        start = time.time()
        answer = kernel(lat1, lon1, lat2, lon2)
        print(time.time() - start)
    return answer
