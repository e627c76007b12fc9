"""Sum of (i * i) % 7 for i below n.

>>> main(0)
0
>>> main(10)
19
>>> main(1000)
2001
"""

import time

import ovenbird

N_SMALL = 1_000
N_BENCH = 10_000_000


def setup(n):
    return (n,)


@ovenbird.jit(cache=True)
def kernel(n):
    total = 0
    for i in range(n):
        total += (i * i) % 7
    return total


@ovenbird.jit(cache=True)
def main(n):
    (n,) = setup(n)
    return kernel(n)


@ovenbird.jit(cache=True)
def timed(n, rounds):
    """Prints the seconds of each round of the kernel over the same data; returns the last answer."""
    (n,) = setup(n)
    answer = kernel(n)
    for _ in range(rounds):
        start = time.time()
        answer = kernel(n)
        print(time.time() - start)
    return answer
