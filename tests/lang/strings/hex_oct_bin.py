"""`hex`, `oct` and `bin`: digits with a prefix.

>>> digits(255)
('0xff', '0o377', '0b11111111')
>>> digits(0)
('0x0', '0o0', '0b0')
>>> digits(-10)
('-0xa', '-0o12', '-0b1010')
>>> digits(-9223372036854775808)
('-0x8000000000000000', '-0o1000000000000000000000', '-0b1000000000000000000000000000000000000000000000000000000000000000')
>>> of_bool(True)
'0x1'
"""

import ovenbird


@ovenbird.jit
def digits(n):
    return hex(n), oct(n), bin(n)


@ovenbird.jit
def of_bool(b):
    return hex(b)
