"""Search for one text in another, by bytes. In UTF-8 a match can only begin at a character."""

from intrinsics import load, noinline, ptr_add, storage
from types.str._core import byte_count, text_start


def matches(s, at: int, part) -> bool:
    """True if `part` lies at byte `at` of `s`, which has room for it."""
    p = ptr_add(text_start(s), at)
    q = text_start(part)
    for i in range(byte_count(part)):
        if load(storage("uint8"), ptr_add(p, i)) != load(storage("uint8"), ptr_add(q, i)):
            return False
    return True


@noinline
def find_bytes(s, part, start: int):
    """Byte of the first `part` at or behind `start`, or -1."""
    last = byte_count(s) - byte_count(part)
    while start <= last:
        if matches(s, start, part):
            return start
        start += 1
    return -1


@noinline
def find_last(s, part):
    """Byte of the last `part`, or -1."""
    at = byte_count(s) - byte_count(part)
    while at >= 0:
        if matches(s, at, part):
            return at
        at -= 1
    return -1


@noinline
def count_parts(s, part):
    """Number of `part`s that do not overlap; `part` is not empty."""
    n = 0
    at = find_bytes(s, part, 0)
    while at >= 0:
        n += 1
        at = find_bytes(s, part, at + byte_count(part))
    return n
