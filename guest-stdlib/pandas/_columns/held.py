"""Columns that a wide frame keeps in memory, one behind the other.

What a frame holds itself, every copy and every function that takes it holds too, so a frame that grows
column by column would cost the square of their number. From some size on each new column goes to an
object of its own, and the frame holds only the last of them.
"""

from intrinsics import address, int_to_ptr, load, noinline, part_type, ptr_add, storage, type_of, value

# Where the parts of an object lie: the one before it, and the column.
_EARLIER = 16
_COLUMN = 24


class Held:
    """A column, and the object of the column before it (null: it is the first)."""

    earlier: any
    column: any


@value
class Chain:
    """How many columns there are, known at compile time, and the object of the last (null: there is none)."""

    _count: any
    _last: any


def held_column(chain, number: static):
    """A column by number."""
    back = chain._count - 1 - number
    at = address(chain._last)
    if back > 0:
        at = _back(at, back)
    return load(part_type(type_of(chain._last), (0,) * back + (1,)), ptr_add(at, _COLUMN))


@noinline
def _back(at, steps):
    """The object so many steps before another one."""
    for _ in range(steps):
        at = int_to_ptr(load(storage("uint32"), ptr_add(at, _EARLIER)))
    return at
