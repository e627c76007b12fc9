"""A string that doubles.

Without `desired > self.allowed` in `host/src/imports/link.rs`: it takes all memory of the host.
"""

s = "ab"
while True:
    s = s + s
