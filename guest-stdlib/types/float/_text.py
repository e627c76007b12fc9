"""Texts of floats; the digits come from the host, which rounds exactly."""

from intrinsics import address, as_block, as_str, host_format_f64, memory_copy, noinline, ptr_add
from core.memory import alloc
from types.str._core import new_text

# ord("r")
REPR = 114


@noinline
def formatted(x: float, kind: int, precision: int):
    """`x` in the host's format `kind` (an ASCII letter)."""
    buffer = as_block(alloc(400))
    start = ptr_add(address(buffer), 16)
    size = host_format_f64(x, kind, precision, start)
    block = new_text(size, size)
    memory_copy(ptr_add(block, 24), start, size)
    return as_str(block)


@noinline
def float_text(x: float):
    """`str(x)`: the shortest text that reads back as `x`."""
    return formatted(x, REPR, 0)
