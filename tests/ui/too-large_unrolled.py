# Loops over tuples are unrolled, each turn with types of its own: nested, they are a bomb for the compiler.
T = (("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5), ("f", 6), ("g", 7), ("h", 8), ("i", 9), ("j", 10))
total = 0
for a in T:
    for b in T:
        for c in T:
            for d in T:
                for e in T:
                    for f in T:
                        total += a[1] + b[1] + c[1] + d[1] + e[1] + f[1]
print(total)
