"""A string of a length that nothing holds.

Without `MemoryError` in `guest-stdlib/types/str/__mul__.py`: the size wraps round, and the text is larger
than its memory.
"""

n = 10**15
s = "x" * n
print(len(s))
