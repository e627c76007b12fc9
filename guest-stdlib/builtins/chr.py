"""`chr(n)`."""

from intrinsics import check
from types.str._character import encode


def chr(n):
    """The string of one code point. Raises ValueError; surrogates are refused too."""
    check(n >= 0 and n < 1114112, "ValueError", "chr() arg not in range(0x110000)")
    check(n < 55296 or n > 57343, "ValueError", "surrogates are not supported")
    return encode(int(n))
