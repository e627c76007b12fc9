"""Allocation of counted blocks: size classes with free lists, then the end of the heap.

A block is a 16-byte header (reference count i32, size class i32, 8 bytes for the block's type) and a
payload. Classes are powers of two and one step between (16, 24, 32, 48, 64, ...), so at most a third
of a block is unused. A freed block goes to the list of its class; blocks are not merged.
Method: segregated free lists (Wilson et al., "Dynamic Storage Allocation: A Survey", 1995, 3.6).
"""
from core.bulk import fill_bytes
from intrinsics import (
    Ptr, i64_clz, i64_shl, int_to_ptr, load, memory_grow, memory_size, ptr_add, ptr_to_int, storage, store,
    charge, noinline,
)

HEAP_TOP = 64
HEAP_END = 68
FREE_LISTS = 128


def size_class(total: int) -> int:
    """Number of the smallest class that holds `total` bytes (header included, at least 17)."""
    bits = 64 - i64_clz(total - 1)
    half = i64_shl(3, bits - 2)
    if total <= half:
        return 2 * bits - 1
    return 2 * bits


def class_size(number: int) -> int:
    """Bytes of a class's blocks, rounded up to 16."""
    bits = (number + 1) >> 1
    if number & 1:
        return (i64_shl(3, bits - 2) + 15) & -16
    return i64_shl(1, bits)


@noinline
def alloc(payload: int):
    """Address of a new block with reference count 1; the payload is not cleared. Raises MemoryError."""
    if payload < 0 or payload > 4000000000:
        raise MemoryError("allocation of too many bytes")
    number = size_class(payload + 17)
    head = int_to_ptr(FREE_LISTS + 4 * (number - 8))
    first = load(storage("uint32"), head)
    if first != 0:
        block = int_to_ptr(first)
        store(storage("uint32"), head, load(storage("uint32"), ptr_add(block, 16)))
    else:
        block = extend(class_size(number))
    store(storage("int32"), block, 1)
    store(storage("int32"), ptr_add(block, 4), number)
    return block


def extend(size: int):
    """Takes `size` bytes from the end of the heap, growing the memory if needed."""
    top = load(storage("uint32"), int_to_ptr(HEAP_TOP))
    end = top + size
    have = memory_size()
    if end > have:
        pages = (end - have + 65535) >> 16
        # Growing a little ahead makes growth rare; if that is refused, what is needed must do.
        ahead = pages + (have >> 19)
        if memory_grow(ahead) < 0:
            if memory_grow(pages) < 0:
                raise MemoryError("out of memory")
    store(storage("uint32"), int_to_ptr(HEAP_TOP), end)
    return int_to_ptr(top)


@noinline
def free(block: Ptr):
    """Puts a block on the free list of its class."""
    number = load(storage("int32"), ptr_add(block, 4))
    head = int_to_ptr(FREE_LISTS + 4 * (number - 8))
    store(storage("uint32"), ptr_add(block, 16), load(storage("uint32"), head))
    store(storage("uint32"), head, ptr_to_int(block))


def clear(block: Ptr, payload: int):
    """Fills a block's payload with zeros."""
    charge(payload >> 6)
    fill_bytes(ptr_add(block, 16), 0, payload)
