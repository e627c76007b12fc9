"""Few instructions that look at much memory.

Without `self.charge(self.plan.cost(body))` in `compiler/src/encode/control.rs`: it runs until the deadline,
and `verify_metering` refuses it.
"""

a = "x" * 1_000_000
b = "x" * 1_000_000
n = 0
while True:
    if a == b:
        n += 1
