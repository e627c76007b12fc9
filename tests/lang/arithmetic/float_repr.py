"""How a float is printed: the shortest digits that read back as the same float.

>>> same(1.0)
1.0
>>> same(0.1)
0.1
>>> same(-0.0)
-0.0
>>> same(100.0)
100.0
>>> same(123456789.125)
123456789.125
>>> same(1e15)
1000000000000000.0
>>> same(1e16)
1e+16
>>> same(123456789012345680.0)
1.2345678901234568e+17
>>> same(1e22)
1e+22
>>> same(1.5e300)
1.5e+300
>>> same(0.0001)
0.0001
>>> same(0.00001)
1e-05
>>> same(1.234e-7)
1.234e-07
>>> same(5e-324)
5e-324
>>> same(1.7976931348623157e308)
1.7976931348623157e+308
>>> same(2.2250738585072014e-308)
2.2250738585072014e-308
>>> same(9007199254740993.0)
9007199254740992.0
>>> third(1.0)
0.3333333333333333
>>> third(2.0)
0.6666666666666666
>>> infinite()
-inf
"""

import ovenbird


@ovenbird.jit
def same(x):
    return x


@ovenbird.jit
def third(x):
    return x / 3.0


@ovenbird.jit
def infinite():
    return -1e308 * 10.0
