"""A list that shrinks while it is read."""

xs = [1, 2, 3, 4, 5, 6]
total = 0
for i in range(6):
    total += xs[i]
    xs.pop()
print(total)
