"""Few instructions that look at much memory."""

a = "x" * 1_000_000
b = "x" * 1_000_000
n = 0
while True:
    if a == b:
        n += 1
