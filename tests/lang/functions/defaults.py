"""Default and keyword arguments.

>>> area(3)
30
>>> area(3, 4)
12
>>> area(height=2, width=5)
10
>>> area(3, height=7)
21
>>> greet("Ann")
'Hi, Ann!'
>>> greet("Ann", "Hello")
'Hello, Ann!'
>>> greet(greeting="Hej", name="Bo")
'Hej, Bo!'
>>> scaled(2.0)
4.0
>>> scaled(2.0, offset=1.0)
5.0
>>> scaled(2.0, 3.0, 4.0)
10.0
>>> calls_with_keywords(5)
60
>>> filled(4)
(18, 4)
>>> optional()
'nothing'
>>> optional(4)
'something'
"""

import ovenbird


@ovenbird.jit
def area(width, height=10):
    return width * height


@ovenbird.jit
def greet(name, greeting="Hi"):
    return greeting + ", " + name + "!"


@ovenbird.jit
def scaled(x, factor=2.0, offset=0.0):
    return x * factor + offset


@ovenbird.jit
def calls_with_keywords(n):
    return area(height=n, width=2) + area(n)


@ovenbird.jit
def filled(y):
    # The default's own variable is not one of this function.
    return total() + y, y


@ovenbird.jit
def total(values=[i * 2 for i in range(4)], more=len("ab")):
    return sum(values) + more


@ovenbird.jit
def optional(x=None):
    if x is None:
        return "nothing"
    return "something"
