"""The same, in the format's text.

Without `Too many decimal digits` in `guest-stdlib/types/str/_spec.py`: the width asks for a trillion bytes.
"""

print(len(f"{7:1000000000000}"))
