"""Addresses of list elements."""

from intrinsics import address, inline, ptr_add, sizeof


@inline
def place(self, i: int):
    """Address of element `i`, unchecked."""
    return ptr_add(address(self.data), 16 + i * sizeof(self.dtype))
