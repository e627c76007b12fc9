"""Format specifications of floats.

>>> two_places(3.14159)
'3.14'
>>> two_places(2.675)
'2.67'
>>> two_places(0.125)
'0.12'
>>> two_places(-0.001)
'-0.00'
>>> two_places(1e10)
'10000000000.00'
>>> two_places(5)
'5.00'
>>> no_places(2.5)
'2'
>>> no_places(3.5)
'4'
>>> six_places(1.0)
'1.000000'
>>> padded(3.14159)
'0003.142'
>>> padded(-3.14159)
'-003.142'
>>> wide(3.5)
'[      3.50]'
>>> left(3.5)
'[3.50      ]'
>>> centred(3.5)
'[   3.50   ]'
>>> signed(2.5)
'+2.5'
>>> signed(-2.5)
'-2.5'
>>> spaced(2.5)
' 2.5'
>>> exponent(12345.678)
'1.234568e+04'
>>> exponent(0.00012)
'1.200000e-04'
>>> exponent(0.0)
'0.000000e+00'
>>> short_exponent(12345.678)
'1.23e+04'
>>> general(0.0001)
'0.0001'
>>> general(0.00001)
'1e-05'
>>> general(123456.0)
'123456'
>>> general(1234567.0)
'1.23457e+06'
>>> general(100.0)
'100'
>>> general_digits(3.14159)
'3.14'
>>> general_digits(31415.9)
'3.14e+04'
>>> percent(0.1234)
'12.340000%'
>>> percent_one(0.1234)
'12.3%'
>>> thousands(1234567.891)
'1,234,567.89'
>>> special()
'nan      inf -inf'
>>> plain_width(2.0)
'[   2.0]'
"""

import ovenbird


@ovenbird.jit
def two_places(x):
    return f"{x:.2f}"


@ovenbird.jit
def no_places(x):
    return f"{x:.0f}"


@ovenbird.jit
def six_places(x):
    return f"{x:f}"


@ovenbird.jit
def padded(x):
    return f"{x:08.3f}"


@ovenbird.jit
def wide(x):
    return f"[{x:10.2f}]"


@ovenbird.jit
def left(x):
    return f"[{x:<10.2f}]"


@ovenbird.jit
def centred(x):
    return f"[{x:^10.2f}]"


@ovenbird.jit
def signed(x):
    return f"{x:+.1f}"


@ovenbird.jit
def spaced(x):
    return f"{x: .1f}"


@ovenbird.jit
def exponent(x):
    return f"{x:e}"


@ovenbird.jit
def short_exponent(x):
    return f"{x:.2e}"


@ovenbird.jit
def general(x):
    return f"{x:g}"


@ovenbird.jit
def general_digits(x):
    return f"{x:.3g}"


@ovenbird.jit
def percent(x):
    return f"{x:%}"


@ovenbird.jit
def percent_one(x):
    return f"{x:.1%}"


@ovenbird.jit
def thousands(x):
    return f"{x:,.2f}"


@ovenbird.jit
def special():
    nan = float("nan")
    infinity = float("inf")
    return f"{nan:.2f} {infinity:8.1f} {-infinity:g}"


@ovenbird.jit
def plain_width(x):
    return f"[{x:6}]"
