"""`str(x)`: the text that `print` writes for a value."""

from builtins._str import _str


def str(x=""):
    """`x` as text."""
    return _str(x)
