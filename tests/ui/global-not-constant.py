import ovenbird

factor = 2
factor = 3


@ovenbird.jit
def scaled(x):
    return x * factor


print(scaled(1.5))
