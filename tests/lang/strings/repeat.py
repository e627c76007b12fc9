"""A string times an int.

>>> repeat("ab", 3)
'ababab'
>>> repeat("ab", 0)
''
>>> repeat("ab", -1)
''
>>> line(5)
'----->'
"""

import ovenbird


@ovenbird.jit
def repeat(s, n):
    return s * n


@ovenbird.jit
def line(n):
    return "-" * n + ">"
