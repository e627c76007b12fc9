"""A shift by a negative number."""

n = -1
print(1 << n)
