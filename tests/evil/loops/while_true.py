"""A loop without a body.

Without `self.charge(self.plan.cost(body))` in `compiler/src/encode/control.rs`: it runs until the deadline,
and `verify_metering` refuses it.
"""

while True:
    pass
