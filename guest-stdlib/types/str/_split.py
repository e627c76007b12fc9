"""Splitting of strings into lists."""

from intrinsics import noinline
from types.list._new import new_list
from types.str._core import byte_at, byte_count
from types.str._find import find_bytes
from types.str._substring import substring
from types.str._to_int import is_space


@noinline
def split_space(s, most: int):
    """The words of `s`, which white space separates; at most `most` splits unless negative."""
    out = new_list(str, 4)
    n = byte_count(s)
    at = 0
    while True:
        while at < n and is_space(byte_at(s, at)):
            at += 1
        if at >= n:
            break
        start = at
        if most == 0:
            at = n
            while is_space(byte_at(s, at - 1)):
                at -= 1
            out.append(substring(s, start, at))
            break
        while at < n and not is_space(byte_at(s, at)):
            at += 1
        out.append(substring(s, start, at))
        most -= 1
    return out


@noinline
def split_at(s, separator, most: int):
    """The parts of `s` between separators; at most `most` splits unless negative."""
    if byte_count(separator) == 0:
        raise ValueError("empty separator")
    out = new_list(str, 4)
    start = 0
    while most != 0:
        at = find_bytes(s, separator, start)
        if at < 0:
            break
        out.append(substring(s, start, at))
        start = at + byte_count(separator)
        most -= 1
    out.append(substring(s, start, byte_count(s)))
    return out


@noinline
def split_lines(s):
    r"""The lines of `s`, which \n, \r or \r\n end."""
    out = new_list(str, 4)
    n = byte_count(s)
    start = 0
    while start < n:
        at = start
        while at < n and byte_at(s, at) != 10 and byte_at(s, at) != 13:
            at += 1
        out.append(substring(s, start, at))
        if at + 1 < n and byte_at(s, at) == 13 and byte_at(s, at + 1) == 10:
            at += 1
        start = at + 1
    return out
