import ovenbird

LIMIT = 10


@ovenbird.jit
def clipped(value: int):
    return min(value, LIMT)


print(clipped(3))
