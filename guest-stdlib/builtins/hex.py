"""`hex(n)`."""

from types.int._format import format_int


def hex(n):
    """An integer as hexadecimal digits with a prefix, and a sign if it is negative."""
    return format_int(int(n), "#x")
