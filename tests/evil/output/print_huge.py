"""One line that is too long."""

print("x" * 10_000_000)
