"""Stable sorting, and reversal, of lists.

Method: bottom-up merge sort (Knuth, The Art of Computer Programming 3, 5.2.4) over runs that
insertion sort has made. Elements move as raw bytes, so counts of references do not change; they are
loaded only to be compared.
"""

from core.memory import alloc
from core.bulk import copy_bytes
from intrinsics import address, as_block, charge, load, memory_copy, noinline, ptr_add, sizeof
from types.list._move import move
from types.list._place import place

RUN = 16


def swap_all(self):
    """Turns the order around."""
    T = self.dtype
    spare = as_block(alloc(sizeof(T)))
    buffer = ptr_add(address(spare), 16)
    n = self.length
    for i in range(n >> 1):
        move(T, buffer, place(self, i))
        move(T, place(self, i), place(self, n - 1 - i))
        move(T, place(self, n - 1 - i), buffer)


def before(a, b, reverse):
    """True if `a` must come before `b`."""
    if reverse:
        return b < a
    return a < b


@noinline
def sort_list(self, reverse):
    """Sorts in place; equal elements keep their order."""
    T = self.dtype
    size = sizeof(T)
    n = self.length
    start = 0
    spare = as_block(alloc(n * size))
    data = self.data
    while start < n:
        stop = start + RUN if start + RUN < n else n
        insertion(T, ptr_add(address(data), 16), ptr_add(address(spare), 16), start, stop, reverse)
        start = stop
    width = RUN
    while width < n:
        charge(n * size >> 5)
        merge_runs(T, ptr_add(address(data), 16), ptr_add(address(spare), 16), n, width, reverse)
        data, spare = spare, data
        width = 2 * width
    self.data = data
    if self.capacity > n:
        self.capacity = n


@noinline
def insertion(T, data, spare, start: int, stop: int, reverse):
    """Sorts elements start..stop by insertion; `spare` has room for one."""
    size = sizeof(T)
    for i in range(start + 1, stop):
        item = load(T, ptr_add(data, i * size))
        at = i
        while at > start and before(item, load(T, ptr_add(data, (at - 1) * size)), reverse):
            at -= 1
        if at != i:
            move(T, spare, ptr_add(data, i * size))
            memory_copy(ptr_add(data, (at + 1) * size), ptr_add(data, at * size), (i - at) * size)
            move(T, ptr_add(data, at * size), spare)


@noinline
def merge_runs(T, source, target, n: int, width: int, reverse):
    """Merges sorted runs of `width` elements in pairs, from one buffer to the other."""
    size = sizeof(T)
    start = 0
    while start < n:
        middle = start + width if start + width < n else n
        stop = middle + width if middle + width < n else n
        i = start
        j = middle
        at = start
        if middle < stop and not before(
            load(T, ptr_add(source, middle * size)), load(T, ptr_add(source, (middle - 1) * size)), reverse
        ):
            # Already in order, as two runs of sorted data are.
            j = stop
            i = middle
            copy_bytes(ptr_add(target, start * size), ptr_add(source, start * size), (stop - start) * size)
        while i < middle and j < stop:
            if before(load(T, ptr_add(source, j * size)), load(T, ptr_add(source, i * size)), reverse):
                move(T, ptr_add(target, at * size), ptr_add(source, j * size))
                j += 1
            else:
                move(T, ptr_add(target, at * size), ptr_add(source, i * size))
                i += 1
            at += 1
        copy_bytes(ptr_add(target, at * size), ptr_add(source, i * size), (middle - i) * size)
        at += middle - i
        copy_bytes(ptr_add(target, at * size), ptr_add(source, j * size), (stop - j) * size)
        start = stop
