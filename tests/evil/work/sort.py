"""Quadratic in a careless sort."""


def work(n):
    xs = [0]
    for i in range(n):
        xs.append((i * 7919) % 3)
    xs.sort()
    return xs[0], xs[n]


print(work(100_000))
