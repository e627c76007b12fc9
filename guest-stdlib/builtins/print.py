"""`print`. Differs from Python: `sep` and `end` must be literals, and there is no `file`."""

from intrinsics import host_print, is_static, noinline, static_error
from types.str._core import byte_count, text_start
from types.str._widened import widened


@noinline
def emit(text):
    """Writes a string to the output."""
    host_print(text_start(text), byte_count(text))


def print(*args, sep: static = " ", end: static = "\n"):
    """Writes the arguments as text, `sep` between them and `end` after them."""
    # What is known at compile time is put together there, so that each value needs one call less.
    pending = ""
    first = True
    for x in args:
        if not first:
            pending = pending + separator(sep, " ")
        first = False
        text = str(x)
        if is_static(text):
            pending = pending + text
        else:
            if pending != "":
                emit(widened(pending))
                pending = ""
            emit(text)
    pending = pending + separator(end, "\n")
    if pending != "":
        emit(widened(pending))


def separator(given: static, default: static):
    """`sep` or `end`: None means the usual one."""
    if given is None:
        return default
    elif isinstance(given, str):
        return given
    else:
        static_error("`sep` and `end` must be strings")
