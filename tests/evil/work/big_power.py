"""Ints have 64 bits; the work does not grow with the exponent.

Without `while` over the bits of the exponent in `guest-stdlib/types/int/__pow__.py`: the work grows with its
value.
"""

n = 10**9
print(3**n)
