"""What drives a terminal is data here."""

print("\x1b[2J\x07\x00 \u202e end")
