"""`pop`, `extend`, `+`, `* n`, `==`, slices.

>>> popped()
(3, [1, 2])
>>> popped_empty()
Traceback (most recent call last):
IndexError: pop from empty list
>>> extended()
[1, 2, 3]
>>> added([1], [2, 3])
[1, 2, 3]
>>> repeated(0.5, 3)
[0.5, 0.5, 0.5]
>>> equal([1, 2], [1, 2])
True
>>> equal([1, 2], [1, 3])
False
>>> sliced([1, 2, 3, 4])
([2, 3], [1, 2], [4], [1, 3])
"""

import ovenbird


@ovenbird.jit
def popped():
    xs = [1, 2, 3]
    last = xs.pop()
    return last, xs


@ovenbird.jit
def popped_empty():
    xs = [1]
    xs.pop()
    return xs.pop()


@ovenbird.jit
def extended():
    xs = [1]
    xs.extend([2, 3])
    return xs


@ovenbird.jit
def added(a, b):
    return a + b


@ovenbird.jit
def repeated(x, n):
    return [x] * n


@ovenbird.jit
def equal(a, b):
    return a == b


@ovenbird.jit
def sliced(xs):
    return xs[1:3], xs[:2], xs[-1:], xs[::2]
