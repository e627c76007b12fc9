"""Equality and order of strings: UTF-8 bytes sort as code points do."""

from intrinsics import load, noinline, ptr_add, storage
from types.str._core import byte_count, text_start


@noinline
def equal(a, b):
    """True if the texts are the same."""
    n = byte_count(a)
    if n != byte_count(b):
        return False
    p = text_start(a)
    q = text_start(b)
    i = 0
    while i + 8 <= n:
        if load(storage("int64"), ptr_add(p, i)) != load(storage("int64"), ptr_add(q, i)):
            return False
        i += 8
    while i < n:
        if load(storage("uint8"), ptr_add(p, i)) != load(storage("uint8"), ptr_add(q, i)):
            return False
        i += 1
    return True


@noinline
def order(a, b):
    """Negative, zero or positive, as a is before, at or after b."""
    n = byte_count(a)
    m = byte_count(b)
    p = text_start(a)
    q = text_start(b)
    shorter = n if n < m else m
    i = 0
    while i < shorter:
        x = load(storage("uint8"), ptr_add(p, i))
        y = load(storage("uint8"), ptr_add(q, i))
        if x != y:
            return x - y
        i += 1
    return n - m
