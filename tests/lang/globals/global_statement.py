"""A function may give a global another value of the same type.

>>> counts
(1, 3, 3)
>>> text
'abb'
>>> swapped
(2, 1)
>>> through_the_body
(15, 15)
>>> order
(5, 6)
>>> bumped
[0, 2, 4]
"""

import ovenbird

count = 0


@ovenbird.jit
def bump(by):
    global count
    count += by
    return count


one = bump(1)
three = bump(2)
counts = (one, three, count)

text = "a"


@ovenbird.jit
def append(more):
    global text
    text = text + more


append("b")
append("b")

left = 1
right = 2


def swap():
    global left, right
    left, right = right, left


swap()
swapped = (left, right)

level = 10


def raise_level():
    global level
    level = level + 5
    return level


raised = raise_level()
through_the_body = (raised, level)

tick = 5


def next_tick():
    global tick
    tick = tick + 1
    return tick


# The left side is read before the call changes it.
order = (tick, next_tick())

state = 0


def advance():
    global state
    state += 2


bumped = []
for turn in range(3):
    bumped.append(state)
    advance()
