"""The one division of 64-bit ints that overflows, and traps on some CPUs."""

a = -(2**63)
b = -1
print(a // b, a % b)
