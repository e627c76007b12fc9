import ovenbird


@ovenbird.jit
def scaled(x):
    return x * factor


print(scaled(1.5))
factor = 2
factor = 3
