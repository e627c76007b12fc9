"""The one division of 64-bit ints that overflows, and traps on some CPUs.

Without `-1` being a divisor of its own in `guest-stdlib/types/int/__floordiv__.py`: the processor traps.
"""

a = -(2**63)
b = -1
print(a // b, a % b)
