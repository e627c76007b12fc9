"""A hash table from keys to groups.

Method: open addressing with linear probing, at most half full; hashes by Fibonacci multiplication, of
texts by FNV-1a.
"""

from core.memory import alloc
from core.bulk import copy_bytes, fill_bytes
from intrinsics import (
    address, as_block, charge, f64_bits, i64_shr_u, load, memory_copy, memory_fill, noinline, ptr_add, sizeof,
    storage, store,
)
from pandas._columns.kind import cell, kind
from pandas._columns.memory import Memory, TextMemory
from pandas._columns.text import same
from pandas._columns.writer import new_writer

# Bytes of a group's state: a count and two numbers.
STATE = 24


class Groups:
    """Slots with the number of a group plus one; of each group the key (of texts start and length in
    the writer), its hash and its state."""

    slots: any
    bits: any
    count: any
    room: any
    keys: any
    hashes: any
    states: any
    texts: any


def key_size(dtype):
    if kind(dtype) == "str":
        return 16
    return 8


def new_groups(dtype):
    slots = as_block(alloc(8 * 128))
    memory_fill(ptr_add(address(slots), 16), 0, 8 * 128)
    keys = as_block(alloc(64 * key_size(dtype)))
    return Groups(slots, 7, 0, 64, keys, as_block(alloc(8 * 64)), as_block(alloc(STATE * 64)), new_writer())


@noinline
def group_of(groups, dtype, key):
    """Address of the state of the key's group, which is made if it is new."""
    hashed = _hash(dtype, key)
    mask = (1 << groups.bits) - 1
    slot = i64_shr_u(hashed, 64 - groups.bits)
    slots = ptr_add(address(groups.slots), 16)
    while True:
        found = load(storage("int64"), ptr_add(slots, 8 * slot)) - 1
        if found < 0:
            break
        if _is_key(groups, dtype, found, hashed, key):
            return ptr_add(address(groups.states), 16 + STATE * found)
        slot = (slot + 1) & mask
    return _new_group(groups, dtype, key, hashed, slot)


def _hash(dtype, key):
    if kind(dtype) == "str":
        hashed = -3750763034362895579
        for i in range(key._length):
            hashed = (hashed ^ load(storage("uint8"), ptr_add(key._start, i))) * 1099511628211
        return hashed * -7046029254386353131
    return _bits(dtype, key) * -7046029254386353131


def _bits(dtype, key):
    """A key of fixed size as an integer; 0.0 and -0.0 are one key."""
    if kind(dtype) == "float":
        return f64_bits(key + 0.0)
    if kind(dtype) == "bool":
        if key:
            return 1
        return 0
    return key


def _is_key(groups, dtype, group, hashed, key):
    if kind(dtype) == "str":
        if load(storage("int64"), ptr_add(address(groups.hashes), 16 + 8 * group)) != hashed:
            return False
        at = ptr_add(address(groups.keys), 16 + 16 * group)
        start = ptr_add(address(groups.texts.data), 16 + load(storage("int64"), at))
        return same(start, load(storage("int64"), ptr_add(at, 8)), key._start, key._length)
    return load(storage("int64"), ptr_add(address(groups.keys), 16 + 8 * group)) == _bits(dtype, key)


@noinline
def _new_group(groups, dtype, key, hashed, slot):
    group = groups.count
    if group == groups.room:
        _grow(groups, key_size(dtype))
        mask = (1 << groups.bits) - 1
        slot = i64_shr_u(hashed, 64 - groups.bits)
        while load(storage("int64"), ptr_add(address(groups.slots), 16 + 8 * slot)) != 0:
            slot = (slot + 1) & mask
    groups.count = group + 1
    store(storage("int64"), ptr_add(address(groups.slots), 16 + 8 * slot), group + 1)
    store(storage("int64"), ptr_add(address(groups.hashes), 16 + 8 * group), hashed)
    if kind(dtype) == "str":
        at = ptr_add(address(groups.keys), 16 + 16 * group)
        store(storage("int64"), at, groups.texts.used)
        store(storage("int64"), ptr_add(at, 8), key._length)
        groups.texts.put_bytes(key._start, key._length)
    else:
        store(storage("int64"), ptr_add(address(groups.keys), 16 + 8 * group), _bits(dtype, key))
    state = ptr_add(address(groups.states), 16 + STATE * group)
    memory_fill(state, 0, STATE)
    return state


@noinline
def _grow(groups, size):
    """Twice the room; the slots are filled anew."""
    room = 2 * groups.room
    groups.keys = _longer(groups.keys, groups.room * size)
    groups.hashes = _longer(groups.hashes, groups.room * 8)
    groups.states = _longer(groups.states, groups.room * STATE)
    groups.room = room
    groups.bits = groups.bits + 1
    slots = as_block(alloc(16 * room))
    charge(room >> 2)
    start = ptr_add(address(slots), 16)
    fill_bytes(start, 0, 16 * room)
    mask = (1 << groups.bits) - 1
    for group in range(groups.count):
        slot = i64_shr_u(load(storage("int64"), ptr_add(address(groups.hashes), 16 + 8 * group)), 64 - groups.bits)
        while load(storage("int64"), ptr_add(start, 8 * slot)) != 0:
            slot = (slot + 1) & mask
        store(storage("int64"), ptr_add(start, 8 * slot), group + 1)
    groups.slots = slots


def _longer(block, used):
    longer = alloc(2 * used)
    charge(used >> 6)
    copy_bytes(ptr_add(longer, 16), ptr_add(address(block), 16), used)
    return as_block(longer)


def sorted_keys(groups, order, dtype):
    """The keys in an order, as a column."""
    size = key_size(dtype)
    block = as_block(alloc(groups.count * 16))
    to = ptr_add(address(block), 16)
    for i in range(groups.count):
        group = load(storage("int64"), ptr_add(address(order), 16 + 8 * i))
        at = ptr_add(address(groups.keys), 16 + size * group)
        if kind(dtype) == "str":
            memory_copy(ptr_add(to, 16 * i), at, 16)
        elif kind(dtype) == "float":
            store(cell(dtype), ptr_add(to, i * sizeof(cell(dtype))), load(storage("float64"), at))
        elif kind(dtype) == "bool":
            store(cell(dtype), ptr_add(to, i), load(storage("int64"), at) != 0)
        else:
            store(cell(dtype), ptr_add(to, i * sizeof(cell(dtype))), load(storage("int64"), at))
    if kind(dtype) == "str":
        return TextMemory(block, groups.texts.data)
    return Memory(block, dtype)
