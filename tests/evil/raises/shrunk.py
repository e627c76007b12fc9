"""A list that shrinks while it is read.

Without `list index out of range` in `guest-stdlib/types/list/__getitem__.py`: it is read beyond the end of
the list.
"""

xs = [1, 2, 3, 4, 5, 6]
total = 0
for i in range(6):
    total += xs[i]
    xs.pop()
print(total)
