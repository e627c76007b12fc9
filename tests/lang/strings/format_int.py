"""Format specifications of ints.

>>> wide(42)
'[   42]'
>>> wide(-42)
'[  -42]'
>>> wide(1234567)
'[1234567]'
>>> zeros(42)
'00042'
>>> zeros(-42)
'-0042'
>>> left(42)
'[42   ]'
>>> centred(42)
'[ 42  ]'
>>> filled(42)
'****42'
>>> signed(42)
'+42'
>>> hexadecimal(255)
'ff'
>>> hexadecimal(-255)
'-ff'
>>> upper(255)
'FF'
>>> prefixed(255)
'0xff'
>>> octal(8)
'10'
>>> binary(10)
'1010'
>>> padded_binary(5)
'00000101'
>>> thousands(1234567)
'1,234,567'
>>> underscores(1234567)
'1_234_567'
>>> as_float(3)
'3.00'
>>> plain_width(7)
'[   7]'
>>> a_bool(True)
'1 True'
"""

import ovenbird


@ovenbird.jit
def wide(n):
    return f"[{n:5d}]"


@ovenbird.jit
def zeros(n):
    return f"{n:05d}"


@ovenbird.jit
def left(n):
    return f"[{n:<5d}]"


@ovenbird.jit
def centred(n):
    return f"[{n:^5d}]"


@ovenbird.jit
def filled(n):
    return f"{n:*>6}"


@ovenbird.jit
def signed(n):
    return f"{n:+d}"


@ovenbird.jit
def hexadecimal(n):
    return f"{n:x}"


@ovenbird.jit
def upper(n):
    return f"{n:X}"


@ovenbird.jit
def prefixed(n):
    return f"{n:#x}"


@ovenbird.jit
def octal(n):
    return f"{n:o}"


@ovenbird.jit
def binary(n):
    return f"{n:b}"


@ovenbird.jit
def padded_binary(n):
    return f"{n:08b}"


@ovenbird.jit
def thousands(n):
    return f"{n:,}"


@ovenbird.jit
def underscores(n):
    return f"{n:_}"


@ovenbird.jit
def as_float(n):
    return f"{n:.2f}"


@ovenbird.jit
def plain_width(n):
    return f"[{n:4}]"


@ovenbird.jit
def a_bool(flag):
    return f"{flag:d} {flag}"
