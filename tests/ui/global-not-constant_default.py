import ovenbird

factor = 2
factor = 3


@ovenbird.jit
def scaled(x, by=factor):
    return x * by


print(scaled(1.5))
