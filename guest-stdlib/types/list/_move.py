"""Moving single elements as raw words, so that counts of references do not change."""

from intrinsics import inline, load, ptr_add, sizeof, static_range, storage, store


@inline
def move(T, target, source):
    """Copies the element at one address to another; an element is a whole number of words."""
    for word in static_range(sizeof(T) // 8):
        store(storage("int64"), ptr_add(target, 8 * word), load(storage("int64"), ptr_add(source, 8 * word)))
