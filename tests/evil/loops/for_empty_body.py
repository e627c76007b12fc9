"""A loop that an optimiser may remove or must charge.

Without `self.charge(self.plan.cost(body))` in `compiler/src/encode/control.rs`: it runs until the deadline,
and `verify_metering` refuses it.
"""

for i in range(9_000_000_000_000_000_000):
    pass
print("done")
