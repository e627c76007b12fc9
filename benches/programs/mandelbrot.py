"""Sum of the escape times of an n x n picture of the Mandelbrot set.

>>> main(1)
1
>>> main(16)
6721
"""

import time

import ovenbird

N_SMALL = 16
N_BENCH = 1_024


def escape_time(cr, ci, limit):
    """Steps of z = z*z + c before z leaves the circle of radius 2, at most `limit`."""
    zr = 0.0
    zi = 0.0
    for step in range(limit):
        zr2 = zr * zr
        zi2 = zi * zi
        if zr2 + zi2 > 4.0:
            return step
        zi = 2.0 * zr * zi + ci
        zr = zr2 - zi2 + cr
    return limit


def setup(n):
    return n, 100


@ovenbird.jit(cache=True)
def kernel(n, limit):
    total = 0
    for row in range(n):
        ci = -1.25 + 2.5 * row / n
        for column in range(n):
            total += escape_time(-2.0 + 3.0 * column / n, ci, limit)
    return total


@ovenbird.jit(cache=True)
def main(n):
    n, limit = setup(n)
    return kernel(n, limit)


@ovenbird.jit(cache=True)
def timed(n, rounds):
    """Prints the seconds of each round of the kernel over the same data; returns the last answer."""
    n, limit = setup(n)
    answer = kernel(n, limit)
    for _ in range(rounds):
        start = time.time()
        answer = kernel(n, limit)
        print(time.time() - start)
    return answer
