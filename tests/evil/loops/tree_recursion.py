"""Recursion that is never deep, and has 2**80 calls.

Without `body.charge(entry_charge` in `compiler/src/encode/body.rs`: it runs until the deadline, and
`verify_metering` refuses it.
"""


def tree(n):
    if n == 0:
        return 1
    return tree(n - 1) + tree(n - 1)


print(tree(80))
