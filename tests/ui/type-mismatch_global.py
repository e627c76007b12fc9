import ovenbird

total = 0


@ovenbird.jit
def add(x):
    global total
    total = total + x


add(1.5)
