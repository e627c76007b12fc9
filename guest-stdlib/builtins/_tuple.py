"""What `tuple` does; apart, because here the name `tuple` still is the type."""

from intrinsics import static_error


def _tuple(values):
    """`values`, which must be a tuple."""
    if isinstance(values, tuple):
        return values
    else:
        static_error("the length of a tuple must be known at compile time | use a list")
