"""`np.clip` of numbers and arrays; both bounds must be given."""

from numpy.maximum import maximum
from numpy.minimum import minimum


def clip(a, a_min, a_max):
    """The elements, brought between two bounds."""
    return minimum(maximum(a, a_min), a_max)
