"""Loops and reductions that print the seconds of each round; for the `metering` section.

Nothing here is decorated: each function is one unit of compilation, with everything that it calls.
"""

import time

import numpy as np


def uniform(n, seed):
    """`n` reproducible values in [0, 1): a 31-bit linear congruential generator."""
    values = np.empty(n)
    state = seed
    for i in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        values[i] = state / 2147483648.0
    return values


def library_sum(n, rounds):
    x = uniform(n, 1)
    answer = 0.0
    for _ in range(rounds):
        start = time.time()
        answer = x.sum()
        print(time.time() - start)
    return float(answer)


def library_mean(n, rounds):
    x = uniform(n, 1)
    answer = 0.0
    for _ in range(rounds):
        start = time.time()
        answer = x.mean()
        print(time.time() - start)
    return float(answer)


def add_in_order(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i]
    return total


def ordered_sum(n, rounds):
    x = uniform(n, 1)
    answer = 0.0
    for _ in range(rounds):
        start = time.time()
        answer = add_in_order(x)
        print(time.time() - start)
    return float(answer)


def remainders(n, rounds):
    answer = 0
    for _ in range(rounds):
        start = time.time()
        answer = 0
        for i in range(n):
            answer += (i * i) % 7
        print(time.time() - start)
    return answer


def shifts(n, rounds):
    state = 2463534242
    for _ in range(rounds):
        start = time.time()
        for _ in range(n):
            state ^= (state << 13) & 0xFFFFFFFF
            state ^= state >> 17
            state ^= (state << 5) & 0xFFFFFFFF
        print(time.time() - start)
    return state


def collatz(n, rounds):
    steps = 0
    for _ in range(rounds):
        start = time.time()
        steps = 0
        for first in range(1, n // 50):
            value = first
            while value != 1:
                if value & 1:
                    value = 3 * value + 1
                else:
                    value >>= 1
                steps += 1
        print(time.time() - start)
    return steps
