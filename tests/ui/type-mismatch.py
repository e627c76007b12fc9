import ovenbird


@ovenbird.jit
def label(name, count):
    return name + count


print(label("a", 1))
for i in 5:
    print(i)
