"""A function that a host calls, with arguments or a result that are more than plain values."""

from border.give import give
from border.take import take
from intrinsics import static_map


def call(f, *given):
    """Makes the arguments, calls the function, and takes its result apart."""
    return give(f(*static_map(take, given)))
