"""Strings: literals, length in code points, concatenation, comparison, truth.

>>> same("plain")
'plain'
>>> same("")
''
>>> same("it's")
"it's"
>>> same('say "hi"')
'say "hi"'
>>> same("naïve café ☕ 日本 🐦")
'naïve café ☕ 日本 🐦'
>>> size("")
0
>>> size("abc")
3
>>> size("日本🐦")
3
>>> concat("ab", "cd")
'abcd'
>>> concat("", "x")
'x'
>>> concat("é", "☕")
'é☕'
>>> equal("a", "a")
True
>>> equal("a", "b")
False
>>> unequal("a", "a")
False
>>> less("a", "b")
True
>>> less("b", "a")
False
>>> less("a", "ab")
True
>>> less("Z", "a")
True
>>> less("é", "z")
False
>>> less("", "a")
True
>>> literals()
'singledoubletriple'
>>> built(4)
'0;1;2;3;'
>>> adjacent()
'one two'
>>> empty_or("")
'default'
>>> empty_or("given")
'given'
"""

import ovenbird


@ovenbird.jit
def same(s):
    return s


@ovenbird.jit
def size(s):
    return len(s)


@ovenbird.jit
def concat(a, b):
    return a + b


@ovenbird.jit
def equal(a, b):
    return a == b


@ovenbird.jit
def unequal(a, b):
    return a != b


@ovenbird.jit
def less(a, b):
    return a < b


@ovenbird.jit
def literals():
    return 'single' + "double" + '''triple'''


@ovenbird.jit
def built(n):
    text = ""
    for i in range(n):
        text += str(i) + ";"
    return text


@ovenbird.jit
def adjacent():
    return "one " "two"


@ovenbird.jit
def empty_or(s):
    return s or "default"
