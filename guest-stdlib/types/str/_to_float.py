"""`float(text)`; the host rounds exactly."""

from core.memory import alloc
from intrinsics import address, as_block, host_parse_f64, load, noinline, ptr_add, storage
from types.str._core import byte_count, text_start


@noinline
def parse_float(s):
    """The number that `s` spells. Raises ValueError."""
    out = as_block(alloc(8))
    place = ptr_add(address(out), 16)
    if host_parse_f64(text_start(s), byte_count(s), place) == 0:
        raise ValueError("could not convert string to float: " + repr(s))
    return load(storage("float64"), place)
