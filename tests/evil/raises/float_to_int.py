"""Floats that no int holds."""

x = 1e300
print(int(x))
