"""A function reads the value that a global has when it is called.

>>> first, second, third
(6, 8, 2.5)
>>> seen
[0, 1, 2]
>>> total
32
>>> greetings
['hello Ann', 'bye Ann']
>>> lengths
(3, 5)
>>> in_lambda
(11, 21)
"""

import ovenbird

factor = 3


@ovenbird.jit
def scaled(x):
    return x * factor


first = scaled(2)
factor = 4
second = scaled(2)
factor = 1.25
third = scaled(2)


@ovenbird.jit
def current():
    return step


seen = []
for step in range(3):
    seen.append(current())


@ovenbird.jit
def helper(x):
    return x + weight


@ovenbird.jit
def through(x):
    return helper(x) * 2


weight = 1
total = 0
while weight < 4:
    total += through(weight)
    weight = weight + 1
total += through(0)

word = "hello"


@ovenbird.jit
def greet(name):
    return word + " " + name


greetings = [greet("Ann")]
word = "bye"
greetings.append(greet("Ann"))

items = [1, 2, 3]


@ovenbird.jit
def count():
    return len(items)


before = count()
items.append(4)
items = items + [5]
lengths = (before, count())

base = 10
add = lambda x: x + base
low = add(1)
base = 20
in_lambda = (low, add(1))
