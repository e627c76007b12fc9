"""A length in bytes that does not fit into 64 bits.

Without `MemoryError` in `guest-stdlib/types/str/__mul__.py`: the size wraps round, and the text is larger
than its memory.
"""

n = 2**62
s = "abcdefgh" * n
print(len(s))
