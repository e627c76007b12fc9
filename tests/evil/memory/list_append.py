"""A list that grows for ever.

Without `self.charge(self.plan.cost(body))` in `compiler/src/encode/control.rs`: it runs until the deadline,
and `verify_metering` refuses it.
"""

xs = [0]
while True:
    xs.append(1)
