# limits: memory=0
"""Not one page."""

xs = [1, 2, 3]
print(len(xs))
