"""Globals that comprehensions compute, read by functions that have variables of their own.

>>> picked()
3.0
>>> counted()
5
>>> nested
[(0, 0), (1, 0), (1, 1)]
"""

squares = [i * i for i in range(3)]
offset = 0 if [i for i in (1, 2)] else 1
nested = [(i, j) for i in range(2) for j in range(i + 1)]


def picked():
    i = 1
    half = 2.0
    return i + offset + half


def counted():
    i = 1
    last = squares[2]
    return i + last
