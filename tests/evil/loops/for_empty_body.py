"""A loop that an optimiser may remove or must charge."""

for i in range(9_000_000_000_000_000_000):
    pass
print("done")
