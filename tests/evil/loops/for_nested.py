"""Each loop is short."""


def work(n):
    total = 0
    for a in range(n):
        for b in range(n):
            for c in range(n):
                for d in range(n):
                    total += a ^ b ^ c ^ d
    return total


print(work(10_000))
