"""Annotations are allowed, and agree with what is inferred.

>>> scale(2.0, 3)
6.0
>>> label("a", 2)
'a2'
>>> maybe(True)
1
>>> local(4)
6
"""

import ovenbird


@ovenbird.jit
def scale(x: float, n: int) -> float:
    return x * n


@ovenbird.jit
def label(name: str, n: int) -> str:
    return name + str(n)


@ovenbird.jit
def maybe(flag: bool) -> int:
    return 1 if flag else 0


@ovenbird.jit
def local(n: int) -> int:
    total: int = 0
    for i in range(n):
        total += i
    return total
