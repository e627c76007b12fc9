"""f-strings without a format: text as `str` gives it, `!r` as `repr` does.

>>> simple("Ann", 3)
'Ann has 3 birds'
>>> empty()
''
>>> only_text()
'text'
>>> expression(3, 4)
'3 + 4 = 7, 11'
>>> floats(0.1, 2.0)
'0.1 2.0 2.1'
>>> booleans(True, None)
'True None'
>>> representation("it")
"'it' it"
>>> representation(1.5)
'1.5 1.5'
>>> braces(3)
'{3} {}'
>>> nested_call(2)
'4 6'
>>> of_tuple(1, "a")
"(1, 'a')"
>>> unicode("☕")
'é☕日'
>>> in_a_condition(5)
'odd'
>>> concatenated(1)
'1 plain 2'
"""

import ovenbird


@ovenbird.jit
def simple(name, n):
    return f"{name} has {n} birds"


@ovenbird.jit
def empty():
    return f""


@ovenbird.jit
def only_text():
    return f"text"


@ovenbird.jit
def expression(a, b):
    return f"{a} + {b} = {a + b}, {a * b - 1}"


@ovenbird.jit
def floats(x, y):
    return f"{x} {y} {x + y}"


@ovenbird.jit
def booleans(a, b):
    return f"{a} {b}"


@ovenbird.jit
def representation(x):
    return f"{x!r} {x!s}"


@ovenbird.jit
def braces(n):
    return f"{{{n}}} {{}}"


def double(n):
    return 2 * n


@ovenbird.jit
def nested_call(n):
    return f"{double(n)} {double(n + 1)}"


@ovenbird.jit
def of_tuple(a, b):
    return f"{(a, b)}"


@ovenbird.jit
def unicode(s):
    return f"é{s}日"


@ovenbird.jit
def in_a_condition(n):
    return f"{'even' if n % 2 == 0 else 'odd'}"


@ovenbird.jit
def concatenated(n):
    return f"{n}" " plain " f"{n + 1}"
