"""A loop without a body."""

while True:
    pass
