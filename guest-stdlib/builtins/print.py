"""`print`: differs from Python in that `sep` and `end` must be literals, and there is no `file`."""

from intrinsics import host_print, noinline
from types.str._core import byte_count, text_start
from types.str._join import _join


@noinline
def emit(text):
    """Writes a string to the output."""
    host_print(text_start(text), byte_count(text))


def print(*args, sep: static = " ", end: static = "\n"):
    """Writes the arguments as text, `sep` between them and `end` after them."""
    parts = ()
    first = True
    for x in args:
        if first:
            parts = parts + (str(x),)
        else:
            parts = parts + (sep, str(x))
        first = False
    if end is None:
        end = "\n"
    emit(_join(*parts, end))


