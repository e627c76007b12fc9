"""`s.replace(old, new)`. Differs from Python: no count."""

from intrinsics import as_str, coerce, noinline
from types.str._core import byte_at, byte_count, char_count, new_text, put_byte, put_text
from types.str._find import count_parts, find_bytes
from types.str._substring import char_size


@noinline
def replace_all(s, old, new):
    """`s` with every `old` replaced."""
    if byte_count(old) == 0:
        return put_between(s, new)
    n = count_parts(s, old)
    if n == 0:
        return s
    chars = char_count(s) + n * (char_count(new) - char_count(old))
    block = new_text(chars, byte_count(s) + n * (byte_count(new) - byte_count(old)))
    at = 0
    i = 0
    for _ in range(n):
        found = find_bytes(s, old, i)
        while i < found:
            put_byte(block, at, byte_at(s, i))
            at += 1
            i += 1
        at = put_text(block, at, new)
        i = found + byte_count(old)
    while i < byte_count(s):
        put_byte(block, at, byte_at(s, i))
        at += 1
        i += 1
    return as_str(block)


def put_between(s, new):
    """`new` before every character and at the end: what an empty `old` means."""
    n = char_count(s)
    block = new_text(n + (n + 1) * char_count(new), byte_count(s) + (n + 1) * byte_count(new))
    at = put_text(block, 0, new)
    i = 0
    for _ in range(n):
        for _ in range(char_size(byte_at(s, i))):
            put_byte(block, at, byte_at(s, i))
            at += 1
            i += 1
        at = put_text(block, at, new)
    return as_str(block)


def replace(self, old, new):
    """The text with every `old` replaced by `new`."""
    return replace_all(coerce(str, self), coerce(str, old), coerce(str, new))
