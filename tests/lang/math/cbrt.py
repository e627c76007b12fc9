"""`math.cbrt`.

>>> cbrt(27.0)
3.0
>>> cbrt(-8.0)
-2.0
>>> cbrt(0.0)
0.0
>>> cbrt(2.0)
1.259921049895
"""

import math

import ovenbird


@ovenbird.jit
def cbrt(x):
    return round(math.cbrt(x), 12)
