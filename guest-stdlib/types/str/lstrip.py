"""`s.lstrip()` and `s.lstrip(characters)`. Differs from Python: white space is that of ASCII."""

from types.str._strip import strip_ends


def lstrip(self, characters=None):
    """The text without white space, or given characters, at its start."""
    return strip_ends(self, characters, True, False)
