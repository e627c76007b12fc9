from math import squareroot

print(squareroot(2.0))
