# limits: memory=0
"""Not one page.

Without `pages > maximum` in `host/src/run/instantiate.rs`: there is a page for nothing.
"""

xs = [1, 2, 3]
print(len(xs))
