import ovenbird


@ovenbird.jit
def size():
    return len(items)


items = []
print(size())
items = [1]
