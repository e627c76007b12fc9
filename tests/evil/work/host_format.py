"""The work is in the host."""

while True:
    s = f"{1.5:.300f}"
