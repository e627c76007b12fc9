# limits: cpu=0
"""Nothing may be done."""

for i in range(3):
    print(i)
