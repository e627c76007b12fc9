"""Recursion that is never deep, and has 2**80 calls."""


def tree(n):
    if n == 0:
        return 1
    return tree(n - 1) + tree(n - 1)


print(tree(80))
