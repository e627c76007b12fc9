"""Tuples joined and repeated: the length is part of the type, so a count must be known.

>>> twice((1, 2.5, "a"))
(1, 2.5, 'a', 1, 2.5, 'a')
>>> before((1, 2))
(1, 2, 1, 2, 1, 2)
>>> nothing((1, 2))
((), (), 0)
>>> len(LONG), LONG[-1]
(600, 2)
>>> shared()
([1, 9], [1, 9])
>>> order()
left
right
(1, 2, 3)
>>> grown(3)
(3, 4, 5, 6)
"""

LONG = (1, 2) * 300


def twice(t):
    return t * 2


def before(t):
    return 3 * t


def nothing(t):
    return t * 0, -1 * t, len(t * 0)


def shared():
    t = ([1],) * 2
    t[0].append(9)
    return t


def say(word, value):
    print(word)
    return value


def pair():
    return say("right", 2), 3


def order():
    return (say("left", 1),) + pair()


def grown(n):
    t = (n,)
    t = t + (n + 1,)
    t = t + (n + 2,) + (n + 3,)
    return t
