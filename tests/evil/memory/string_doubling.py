"""A string that doubles."""

s = "ab"
while True:
    s = s + s
