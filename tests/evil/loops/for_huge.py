"""A range that ends, one day.

Without `self.charge(self.plan.cost(body))` in `compiler/src/encode/control.rs`: it runs until the deadline,
and `verify_metering` refuses it.
"""


def work(n):
    total = 0
    for i in range(n):
        total ^= i
    return total


print(work(10**18))
