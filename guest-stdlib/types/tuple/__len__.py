"""`len(t)`."""

from intrinsics import static_len


def __len__(self):
    """Number of items."""
    return static_len(self)
