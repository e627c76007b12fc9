"""NumPy's type promotion, at compile time. A plain number on one side takes part by its kind alone."""

from intrinsics import class_name, sizeof, storage


def kind_of(dtype):
    """`b`, `i`, `u` or `f`."""
    name = class_name(dtype)
    if name == "bool":
        return "b"
    if name == "float64" or name == "float32":
        return "f"
    if name == "int64" or name == "int32" or name == "int16" or name == "int8":
        return "i"
    return "u"


def promote(a, b):
    """The storage that holds values of two storages."""
    if a == b:
        return a
    x = kind_of(a)
    y = kind_of(b)
    if x == "b":
        return b
    if y == "b":
        return a
    if x == y:
        if sizeof(a) > sizeof(b):
            return a
        return b
    if x == "f":
        if sizeof(b) <= 2:
            return a
        return storage("float64")
    if y == "f":
        return promote(b, a)
    if x == "u":
        return promote(b, a)
    if sizeof(a) > sizeof(b):
        return a
    if sizeof(b) == 1:
        return storage("int16")
    if sizeof(b) == 2:
        return storage("int32")
    return storage("int64")


def joint_type(x, y):
    """The storage for two operands, arrays or plain numbers."""
    if isinstance(x, ndarray):
        if isinstance(y, ndarray):
            return promote(x.dtype, y.dtype)
        return with_number(x.dtype, y)
    return with_number(y.dtype, x)


def with_number(dtype, number):
    """The storage for an array and a plain number."""
    kind = kind_of(dtype)
    if isinstance(number, float):
        if kind == "f":
            return dtype
        return storage("float64")
    if isinstance(number, bool) or kind != "b":
        return dtype
    return storage("int64")


def floating(dtype):
    """The storage of square roots, quotients and the like."""
    if class_name(dtype) == "float32":
        return dtype
    return storage("float64")
