"""One step of k-means: n points of 8 dimensions to 8 centres, new centres; the inertia.

>>> main(8)
4.591413485469649
>>> main(100)
61.293873523520205
"""

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


def setup(n):
    values = uniform(n * 8, 14)
    points = np.empty((n, 8))
    for i in range(n):
        for d in range(8):
            points[i, d] = values[i * 8 + d]
    centres = np.empty((8, 8))
    for c in range(8):
        for d in range(8):
            centres[c, d] = ((c * 5 + d * 3) % 8) / 8.0
    return points, centres, np.zeros(n, dtype=np.int64), np.zeros((8, 8))


@ovenbird.jit(cache=True)
def kernel(points, centres, labels, moved):
    n, dimensions = points.shape
    k = centres.shape[0]
    counts = np.zeros(k, dtype=np.int64)
    for c in range(k):
        for d in range(dimensions):
            moved[c, d] = 0.0
    inertia = 0.0
    for i in range(n):
        nearest = 0
        least = 1e300
        for c in range(k):
            distance = 0.0
            for d in range(dimensions):
                difference = points[i, d] - centres[c, d]
                distance += difference * difference
            if distance < least:
                least = distance
                nearest = c
        labels[i] = nearest
        inertia += least
        counts[nearest] += 1
        for d in range(dimensions):
            moved[nearest, d] += points[i, d]
    for c in range(k):
        if counts[c] > 0:
            for d in range(dimensions):
                moved[c, d] /= counts[c]
    return float(inertia + moved[0, 0])


@ovenbird.jit(cache=True)
def main(n):
    points, centres, labels, moved = setup(n)
    return kernel(points, centres, labels, moved)


@ovenbird.jit(cache=True)
def timed(n, rounds):
    """Prints the seconds of each round of the kernel over the same data; returns the last answer."""
    points, centres, labels, moved = setup(n)
    answer = kernel(points, centres, labels, moved)
    for _ in range(rounds):
        start = time.time()
        answer = kernel(points, centres, labels, moved)
        print(time.time() - start)
    return answer
