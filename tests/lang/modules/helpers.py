"""What main.py imports; it imports a third file itself.

>>> twice(2.5)
5.0
"""

import ovenbird
import third

FACTOR = 3
LOW = 0.0
HIGH = 10.0


def clean(x):
    return max(LOW, min(x, HIGH))


@ovenbird.jit
def twice(x):
    return x * 2


def through_third(x):
    return third.cube(x) * FACTOR
