"""Prices of n European calls and puts; their sum.

The distribution function is the polynomial of Abramowitz and Stegun, 26.2.17.
# tolerance: 1e-12 relative, exp and log of C libraries differ in the last bit

>>> round(main(1), 8)
12.12688441
>>> round(main(100), 8)
3266.71562635
"""

import math
import time

import numpy as np
import ovenbird

N_SMALL = 100
N_BENCH = 1_000_000

RATE = 0.02
VOLATILITY = 0.3


def uniform(n, seed):
    """`n` reproducible values in [0, 1): a 31-bit linear congruential generator."""
    values = np.empty(n)
    state = seed
    for i in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        values[i] = state / 2147483648.0
    return values


def cnd(d):
    """The cumulative normal distribution."""
    k = 1.0 / (1.0 + 0.2316419 * abs(d))
    poly = k * (0.31938153 + k * (-0.356563782 + k * (1.781477937 + k * (-1.821255978 + k * 1.330274429))))
    tail = 0.39894228040143267794 * math.exp(-0.5 * d * d) * poly
    if d > 0:
        return 1.0 - tail
    return tail


def setup(n):
    price = uniform(n, 11)
    strike = uniform(n, 12)
    years = uniform(n, 13)
    for i in range(n):
        price[i] = 5.0 + 25.0 * price[i]
        strike[i] = 1.0 + 99.0 * strike[i]
        years[i] = 0.25 + 9.75 * years[i]
    return price, strike, years, np.empty(n), np.empty(n)


@ovenbird.jit(cache=True)
def kernel(price, strike, years, call, put):
    total = 0.0
    for i in range(len(price)):
        root = math.sqrt(years[i])
        d1 = (math.log(price[i] / strike[i]) + (RATE + 0.5 * VOLATILITY * VOLATILITY) * years[i]) / (VOLATILITY * root)
        d2 = d1 - VOLATILITY * root
        discounted = strike[i] * math.exp(-RATE * years[i])
        cnd1 = cnd(d1)
        cnd2 = cnd(d2)
        call[i] = price[i] * cnd1 - discounted * cnd2
        put[i] = discounted * (1.0 - cnd2) - price[i] * (1.0 - cnd1)
        total += call[i] + put[i]
    return float(total)


@ovenbird.jit(cache=True)
def main(n):
    price, strike, years, call, put = setup(n)
    return kernel(price, strike, years, call, put)


@ovenbird.jit(cache=True)
def timed(n, rounds):
    """Prints the seconds of each round of the kernel over the same data; returns the last answer."""
    price, strike, years, call, put = setup(n)
    answer = kernel(price, strike, years, call, put)
    for _ in range(rounds):
        start = time.time()
        answer = kernel(price, strike, years, call, put)
        print(time.time() - start)
    return answer
