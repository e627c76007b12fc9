"""A float with two billion digits."""

print(len(f"{0.1:.2000000000f}"))
