"""A list that doubles."""

xs = [1, 2, 3]
while True:
    xs = xs + xs
