"""`a, b = sequence`: the check of the length."""

from intrinsics import check


def _unpack(sequence, n: static):
    """Raises ValueError unless the sequence has `n` items."""
    have = len(sequence)
    check(have >= n, "ValueError", "not enough values to unpack (expected {0}, got {1})", n, have)
    check(have <= n, "ValueError", "too many values to unpack (expected {0})", n)
