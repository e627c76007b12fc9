# limits: cpu=1000000000000000 deadline_ms=100
"""The clock stops it before the budget does."""

while True:
    pass
