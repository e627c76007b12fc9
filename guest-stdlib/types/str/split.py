"""`s.split(sep=None, maxsplit=-1)`. Differs from Python: white space is that of ASCII."""

from intrinsics import coerce
from types.str._split import split_at, split_space


def split(self, sep=None, maxsplit=-1):
    """The parts between separators, or between white space."""
    if sep is None:
        return split_space(coerce(str, self), int(maxsplit))
    else:
        return split_at(coerce(str, self), coerce(str, sep), int(maxsplit))
