"""An open dataset, with the columns of it that were read as a whole."""

from intrinsics import Block, address, drop_at, ptr_add


class Dataset:
    """The host's handle, and a block with two references a column (values, text), null until read."""

    handle: any
    cache: any
    columns: any

    def __del__(self):
        drop_at(Block, ptr_add(address(self.cache), 16), 2 * self.columns)
