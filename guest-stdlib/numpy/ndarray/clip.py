"""`ndarray.clip`; both bounds must be given."""

from numpy.clip import clip as _clip


def clip(self, min, max):
    """The elements, brought between two bounds."""
    return _clip(self, min, max)
