"""A string of a length that nothing holds."""

n = 10**15
s = "x" * n
print(len(s))
