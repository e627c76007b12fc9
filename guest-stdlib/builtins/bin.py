"""`bin(n)`."""

from types.int._format import format_int


def bin(n):
    """An integer as binary digits with a prefix, and a sign if it is negative."""
    return format_int(int(n), "#b")
