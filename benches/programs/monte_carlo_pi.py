"""An estimate of pi from n points, by a 32-bit xorshift generator kept in an int.

>>> main(1)
4.0
>>> main(1000)
3.212
"""

import time

import ovenbird

N_SMALL = 1_000
N_BENCH = 10_000_000


def xorshift(state):
    """The next state; masked, so it is the same in 64-bit and in unbounded integers."""
    state ^= (state << 13) & 0xFFFFFFFF
    state ^= state >> 17
    state ^= (state << 5) & 0xFFFFFFFF
    return state


def setup(n):
    return n, 2463534242


@ovenbird.jit(cache=True)
def kernel(n, seed):
    state = seed
    inside = 0
    for _ in range(n):
        state = xorshift(state)
        x = state / 4294967296.0
        state = xorshift(state)
        y = state / 4294967296.0
        if x * x + y * y <= 1.0:
            inside += 1
    return 4.0 * inside / n


@ovenbird.jit(cache=True)
def main(n):
    n, seed = setup(n)
    return kernel(n, seed)


@ovenbird.jit(cache=True)
def timed(n, rounds):
    """Prints the seconds of each round of the kernel over the same data; returns the last answer."""
    n, seed = setup(n)
    answer = kernel(n, seed)
    for _ in range(rounds):
        start = time.time()
        answer = kernel(n, seed)
        print(time.time() - start)
    return answer
