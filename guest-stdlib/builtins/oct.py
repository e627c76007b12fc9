"""`oct(n)`."""

from types.int._format import format_int


def oct(n):
    """An integer as octal digits with a prefix, and a sign if it is negative."""
    return format_int(int(n), "#o")
