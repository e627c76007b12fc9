"""Floats that no int holds.

Without `OverflowError` in `guest-stdlib/builtins/_int.py`: the conversion traps, or gives what the processor
likes.
"""

x = 1e300
print(int(x))
