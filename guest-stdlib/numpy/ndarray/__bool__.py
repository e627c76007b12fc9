"""`ndarray.__bool__`."""

from intrinsics import check


def __bool__(self):
    """The truth value of the only element."""
    check(
        self.size == 1,
        "ValueError",
        "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()",
    )
    return self.any()
