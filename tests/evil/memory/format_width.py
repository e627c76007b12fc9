"""A format that asks for a trillion spaces."""

n = 10**12
print(len(f"{7:{n}}"))
