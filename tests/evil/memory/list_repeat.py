"""A list of a length that nothing holds."""

n = 2**62
xs = [1] * n
print(len(xs))
