"""`continue` must not go round the charge.

Without `self.charge(self.plan.cost(body))` in `compiler/src/encode/control.rs`: it runs until the deadline,
and `verify_metering` refuses it.
"""

i = 0
while True:
    i += 1
    if i > 3:
        continue
    print(i)
