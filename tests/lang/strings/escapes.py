r"""Escapes in literals, and how repr writes them.

>>> newline()
'a\nb'
>>> tab()
'a\tb'
>>> backslash()
'a\\b'
>>> quotes()
"it's"
>>> both_quotes()
'it\'s "it"'
>>> hexadecimal()
'AB'
>>> unicode_escape()
'é🐦'
>>> control()
'\x00\x1f\x7f'
>>> raw()
'\\n'
>>> printed()
b\c'd"e
"""

import ovenbird


@ovenbird.jit
def newline():
    return "a\nb"


@ovenbird.jit
def tab():
    return "a\tb"


@ovenbird.jit
def backslash():
    return "a\\b"


@ovenbird.jit
def quotes():
    return 'it\'s'


@ovenbird.jit
def both_quotes():
    return "it's \"it\""


@ovenbird.jit
def hexadecimal():
    return "\x41\x42"


@ovenbird.jit
def unicode_escape():
    return "\u00e9\U0001F426"


@ovenbird.jit
def control():
    return "\x00\x1f\x7f"


@ovenbird.jit
def raw():
    return r"\n"


@ovenbird.jit
def printed():
    print("b\\c'd\"e")
