"""`ndarray.__str__`; see `numpy/_text`."""

from numpy._text import array_text


def __str__(self):
    """The elements in brackets, separated by spaces."""
    return array_text(self, "", "")
