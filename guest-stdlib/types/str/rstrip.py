"""`s.rstrip()` and `s.rstrip(characters)`. Differs from Python: white space is that of ASCII."""

from types.str._strip import strip_ends


def rstrip(self, characters=None):
    """The text without white space, or given characters, at its end."""
    return strip_ends(self, characters, False, True)
