"""A list that doubles.

Without `desired > self.allowed` in `host/src/imports/link.rs`: it takes all memory of the host.
"""

xs = [1, 2, 3]
while True:
    xs = xs + xs
