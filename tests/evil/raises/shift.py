"""A shift by a negative number.

Without `negative shift count` in `guest-stdlib/types/int/__lshift__.py`: wasm takes the count modulo 64.
"""

n = -1
print(1 << n)
