"""A list that moves while it is read.

Without `list` items being found anew in each pass in `compiler/src/infer/iterate.rs`: it is read from where
the list was.
"""

xs = [1]
total = 0
for x in xs:
    total += x
    if len(xs) < 1000:
        xs.append(len(xs))
print(total)
