"""Order of tuples: the first difference decides, then the length."""


def order_from(a, b, i: static):
    """Negative, zero or positive, as `a` is before, at or after `b`, from item `i` on."""
    if i == len(a) or i == len(b):
        return len(a) - len(b)
    else:
        x = a[i]
        y = b[i]
        if x == y:
            return order_from(a, b, i + 1)
        return -1 if x < y else 1
