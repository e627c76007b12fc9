"""The inner loop ends, the outer one does not."""


def work(n):
    total = 0
    while n > 0:
        i = 0
        while i < 10:
            i += 1
            total += i
        n += 1
    return total


print(work(1))
