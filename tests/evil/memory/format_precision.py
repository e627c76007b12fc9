"""A float with two billion digits.

Without `Too many decimal digits` in `guest-stdlib/types/str/_spec.py`, and `FORMAT_BUFFER` in
`host/src/imports/text.rs` behind it: the host makes the text.
"""

print(len(f"{0.1:.2000000000f}"))
