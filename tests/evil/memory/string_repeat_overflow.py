"""A length in bytes that does not fit into 64 bits."""

n = 2**62
s = "abcdefgh" * n
print(len(s))
