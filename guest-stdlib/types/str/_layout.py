"""Padding of formatted values, and separators between groups of digits."""

from intrinsics import as_str, memory_copy, noinline, ptr_add
from types.str._core import byte_at, byte_count, char_count, new_text, put_byte, put_text, text_start
from types.str._substring import char_size


@noinline
def layout(sign, body, spec, fill: int, align: int, zero: int, width: int):
    """Sign and body, padded to `width`. `align` must be set; the fill is the character of `spec` at
    byte `fill`, or `0` if `zero`, or a space."""
    missing = width - char_count(sign) - char_count(body)
    if missing <= 0:
        return sign + body
    left = 0
    middle = 0
    if align == 62:
        left = missing
    elif align == 94:
        left = missing >> 1
    elif align == 61:
        middle = missing
    fill_size = 1
    if fill >= 0:
        fill_size = char_size(byte_at(spec, fill))
    size = byte_count(sign) + byte_count(body) + missing * fill_size
    block = new_text(width, size)
    at = put_fill(block, 0, spec, fill, fill_size, zero, left)
    at = put_text(block, at, sign)
    at = put_fill(block, at, spec, fill, fill_size, zero, middle)
    at = put_text(block, at, body)
    put_fill(block, at, spec, fill, fill_size, zero, missing - left - middle)
    return as_str(block)


def put_fill(block, at: int, spec, fill: int, size: int, zero: int, count: int):
    """Writes the fill `count` times; returns the place behind it."""
    if fill < 0:
        for i in range(count):
            put_byte(block, at + i, 48 if zero else 32)
        return at + count
    for i in range(count):
        memory_copy(ptr_add(block, 24 + at), ptr_add(text_start(spec), fill), size)
        at += size
    return at


@noinline
def group(body, separator: int, size: int, width: int):
    """Puts the ASCII character `separator` between groups of `size` digits at the start of `body`,
    with leading zeros to at least `width` characters in all."""
    n = byte_count(body)
    digits = 0
    while digits < n and is_digit(byte_at(body, digits), size):
        digits += 1
    if digits == 0:
        return body
    total = digits
    while total + (total - 1) // size + n - digits < width:
        total += 1
    bytes = total + (total - 1) // size + n - digits
    block = new_text(bytes, bytes)
    at = 0
    for i in range(total):
        if i > 0 and (total - i) % size == 0:
            put_byte(block, at, separator)
            at += 1
        source = i - (total - digits)
        put_byte(block, at, byte_at(body, source) if source >= 0 else 48)
        at += 1
    for i in range(digits, n):
        put_byte(block, at, byte_at(body, i))
        at += 1
    return as_str(block)


def is_digit(byte: int, size: int) -> bool:
    """A decimal digit or, in groups of four, a hexadecimal one."""
    return (byte >= 48 and byte <= 57) or (size == 4 and byte >= 65)


def sign_text(negative: bool, sign: int):
    """What stands before a number."""
    if negative:
        return "-"
    elif sign == 43:
        return "+"
    elif sign == 32:
        return " "
    else:
        return ""


@noinline
def unknown_code(kind: int, type_name):
    """Raises for a format code that the type does not have."""
    block = new_text(1, 1)
    put_byte(block, 0, kind)
    code = as_str(block)
    raise ValueError(f"Unknown format code '{code}' for object of type '{type_name}'")
