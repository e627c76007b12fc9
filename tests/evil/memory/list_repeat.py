"""A list of a length that nothing holds.

Without `self.charge(self.plan.cost(body))` in `compiler/src/encode/control.rs`: it runs until the deadline,
and `verify_metering` refuses it.
"""

n = 2**62
xs = [1] * n
print(len(xs))
