"""How many primes there are up to n, by the sieve of Eratosthenes.

>>> main(2)
1
>>> main(100)
25
>>> main(1000)
168
"""

import time

import numpy as np
import ovenbird

N_SMALL = 1_000
N_BENCH = 10_000_000


def setup(n):
    return (n,)


@ovenbird.jit(cache=True)
def kernel(n):
    prime = np.ones(n + 1, dtype=np.bool_)
    prime[0] = False
    prime[1] = False
    i = 2
    while i * i <= n:
        if prime[i]:
            for j in range(i * i, n + 1, i):
                prime[j] = False
        i += 1
    count = 0
    for i in range(n + 1):
        if prime[i]:
            count += 1
    return count


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
