"""`s.strip()` and `s.strip(characters)`. Differs from Python: white space is that of ASCII."""

from types.str._strip import strip_ends


def strip(self, characters=None):
    """The text without white space, or given characters, at its ends."""
    return strip_ends(self, characters, True, True)
