# limits: cpu=0
"""Nothing may be done.

Without `first` units being no more than allowed in `fill` in `host/src/imports/purse.rs`: there is a slice
for nothing.
"""

for i in range(3):
    print(i)
