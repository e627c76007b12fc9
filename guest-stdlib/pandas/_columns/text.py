"""One text of a column: where its bytes lie. A missing text has the length -1."""

from core.memory import alloc
from intrinsics import address, as_str, cold, inline, load, memory_copy, noinline, ptr_add, storage, store, value


@value
class Text:
    """Address of the bytes, and how many there are."""

    _start: any
    _length: any


@inline
def text_of(text):
    """The bytes of a `str`."""
    start = address(text)
    return Text(ptr_add(start, 24), load(storage("int64"), ptr_add(start, 16)))


@noinline
def compare(a, a_length, b, b_length):
    """Negative, zero or positive as the first text is before, like, or after the second: by bytes,
    which is the order of the characters in UTF-8."""
    n = a_length
    if b_length < n:
        n = b_length
    i = 0
    while i < n:
        x = load(storage("uint8"), ptr_add(a, i))
        y = load(storage("uint8"), ptr_add(b, i))
        if x != y:
            return x - y
        i += 1
    return a_length - b_length


@noinline
def same(a, a_length, b, b_length):
    """True if two texts are equal; missing texts equal nothing."""
    if a_length != b_length or a_length < 0:
        return False
    i = 0
    while i < a_length:
        if load(storage("uint8"), ptr_add(a, i)) != load(storage("uint8"), ptr_add(b, i)):
            return False
        i += 1
    return True


@cold
def characters(start, length):
    """How many characters there are in bytes of UTF-8."""
    count = 0
    for i in range(length):
        if load(storage("uint8"), ptr_add(start, i)) & 192 != 128:
            count += 1
    return count


@noinline
def make_str(start, length):
    """A new `str` of these bytes. Unlike pandas, a missing text reads as "nan"."""
    if length < 0:
        return "nan"
    block = alloc(length + 8)
    store(storage("int64"), ptr_add(block, 8), characters(start, length))
    store(storage("int64"), ptr_add(block, 16), length)
    memory_copy(ptr_add(block, 24), start, length)
    return as_str(block)
