"""The same, in the format's text."""

print(len(f"{7:1000000000000}"))
