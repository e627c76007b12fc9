def nest(x, n):
    if n == 0:
        return 0
    return nest((x, x), n - 1)


nest(1, 50)
