"""`numpy.ndarray` of any number of dimensions, with views.

Differences from NumPy: elements read as plain `int`, `float` and `bool`; integers wrap without a
warning when stored; no object, string, date or complex elements.
"""

from intrinsics import inline, load, ptr_add, sizeof, store, value
from numpy._index import all_ints, element_address, item_view
from numpy._assign import assign
from numpy._mask import put_mask, take_index


@value
class ndarray:
    """Storage of the elements, the block that keeps the memory alive, the address of the first
    element, lengths, and the bytes from one index to the next on each axis: None if the elements
    lie without gaps, last axis fastest."""

    dtype: any
    _owner: any
    _data: any
    shape: any
    _steps: any

    @inline
    def __len__(self):
        return self.shape[0]

    @inline
    def __getitem__(self, index):
        if isinstance(index, int):
            if len(self.shape) == 1:
                return load(self.dtype, element_address(self, index))
            return item_view(self, (index,))
        if isinstance(index, tuple):
            if all_ints(index) and len(index) == len(self.shape):
                return load(self.dtype, element_address(self, *index))
            return item_view(self, index)
        if isinstance(index, slice):
            return item_view(self, (index,))
        return take_index(self, index)

    @inline
    def __setitem__(self, index, value):
        if isinstance(index, int):
            if len(self.shape) == 1:
                store(self.dtype, element_address(self, index), value)
            else:
                assign(item_view(self, (index,)), value)
        elif isinstance(index, tuple):
            if all_ints(index) and len(index) == len(self.shape):
                store(self.dtype, element_address(self, *index), value)
            else:
                assign(item_view(self, index), value)
        elif isinstance(index, slice):
            assign(item_view(self, (index,)), value)
        else:
            put_mask(self, index, value)

    @inline
    def __item__(self, i):
        if len(self.shape) == 1:
            return load(self.dtype, _at(self, i))
        return item_view(self, (i,))

    @property
    def size(self):
        total = 1
        for length in self.shape:
            total = total * length
        return total

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def itemsize(self):
        return sizeof(self.dtype)

    @property
    def nbytes(self):
        return self.size * sizeof(self.dtype)


def _at(a, i):
    if a._steps is None:
        return ptr_add(a._data, i * sizeof(a.dtype))
    return ptr_add(a._data, i * a._steps[0])
