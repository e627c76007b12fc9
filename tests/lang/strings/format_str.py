"""Format specifications of strings: width counts code points.

>>> default("ab")
'[ab   ]'
>>> right("ab")
'[        ab]'
>>> centred("ab")
'[  ab   ]'
>>> filled("ab")
'[ab----]'
>>> too_long("abcdefgh")
'[abcdefgh]'
>>> cut("abcdefgh")
'[abc]'
>>> cut_and_padded("abcdefgh")
'[    ab]'
>>> default("é☕")
'[é☕   ]'
>>> typed("ab")
'[  ab]'
"""

import ovenbird


@ovenbird.jit
def default(s):
    return f"[{s:5}]"


@ovenbird.jit
def right(s):
    return f"[{s:>10}]"


@ovenbird.jit
def centred(s):
    return f"[{s:^7}]"


@ovenbird.jit
def filled(s):
    return f"[{s:-<6}]"


@ovenbird.jit
def too_long(s):
    return f"[{s:>4}]"


@ovenbird.jit
def cut(s):
    return f"[{s:.3}]"


@ovenbird.jit
def cut_and_padded(s):
    return f"[{s:>6.2}]"


@ovenbird.jit
def typed(s):
    return f"[{s:>4s}]"
