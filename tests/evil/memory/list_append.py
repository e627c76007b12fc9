"""A list that grows for ever."""

xs = [0]
while True:
    xs.append(1)
