"""Groups in the order of their keys, by merging sorted runs."""

from core.memory import alloc
from intrinsics import address, as_block, load, noinline, ptr_add, storage, store
from pandas._columns.kind import kind
from pandas._columns.text import compare


@noinline
def sorted_groups(groups, dtype):
    """A block with the numbers of the groups."""
    count = groups.count
    a = as_block(alloc(8 * count))
    b = as_block(alloc(8 * count))
    for i in range(count):
        _put(a, i, i)
    width = 1
    while width < count:
        start = 0
        while start < count:
            _merge(groups, dtype, a, b, start, width, count)
            start += 2 * width
        a, b = b, a
        width = 2 * width
    return a


def _merge(groups, dtype, a, b, start, width, count):
    left = start
    middle = start + width
    if middle > count:
        middle = count
    stop = middle + width
    if stop > count:
        stop = count
    right = middle
    for to in range(start, stop):
        first = left < middle
        if first and right < stop:
            first = not _before(groups, dtype, _get(a, right), _get(a, left))
        if first:
            _put(b, to, _get(a, left))
            left += 1
        else:
            _put(b, to, _get(a, right))
            right += 1


def _get(block, i):
    return load(storage("int64"), ptr_add(address(block), 16 + 8 * i))


def _put(block, i, value):
    store(storage("int64"), ptr_add(address(block), 16 + 8 * i), value)


def _before(groups, dtype, x, y):
    keys = ptr_add(address(groups.keys), 16)
    if kind(dtype) == "str":
        texts = ptr_add(address(groups.texts.data), 16)
        a = ptr_add(keys, 16 * x)
        b = ptr_add(keys, 16 * y)
        order = compare(
            ptr_add(texts, load(storage("int64"), a)),
            load(storage("int64"), ptr_add(a, 8)),
            ptr_add(texts, load(storage("int64"), b)),
            load(storage("int64"), ptr_add(b, 8)),
        )
        return order < 0
    if kind(dtype) == "float":
        return load(storage("float64"), ptr_add(keys, 8 * x)) < load(storage("float64"), ptr_add(keys, 8 * y))
    return load(storage("int64"), ptr_add(keys, 8 * x)) < load(storage("int64"), ptr_add(keys, 8 * y))
