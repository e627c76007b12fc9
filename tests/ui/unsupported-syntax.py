def pairs(n):
    for i in range(n):
        yield i, i * i


def safe(x):
    try:
        return 1 / x
    except ZeroDivisionError:
        return 0.0
