"""A list that moves while it is read."""

xs = [1]
total = 0
for x in xs:
    total += x
    if len(xs) < 1000:
        xs.append(len(xs))
print(total)
