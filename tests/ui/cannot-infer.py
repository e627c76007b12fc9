import ovenbird


@ovenbird.jit
def grade(points):
    if points > 90:
        return "excellent"
    return points


print(grade(50))
