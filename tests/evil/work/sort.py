"""Quadratic in a careless sort.

Without `self.charge(self.plan.cost(body))` in `compiler/src/encode/control.rs`: it runs until the deadline,
and `verify_metering` refuses it.
"""


def work(n):
    xs = [0]
    for i in range(n):
        xs.append((i * 7919) % 3)
    xs.sort()
    return xs[0], xs[n]


print(work(100_000))
