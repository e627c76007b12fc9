"""The end of the chain main -> helpers -> third."""


def cube(x):
    return x * x * x
