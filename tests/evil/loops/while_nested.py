"""The inner loop ends, the outer one does not.

Without `self.charge(self.plan.cost(body))` in `compiler/src/encode/control.rs`: it runs until the deadline,
and `verify_metering` refuses it.
"""


def work(n):
    total = 0
    while n > 0:
        i = 0
        while i < 10:
            i += 1
            total += i
        n += 1
    return total


print(work(1))
