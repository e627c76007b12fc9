"""Kinds of columns by the names of their types."""

from intrinsics import static_startswith, storage

NAN = 1e999 - 1e999
NAT = -9223372036854775807 - 1


def kind(dtype):
    """`bool`, `int`, `float`, `str`, `datetime` or `other`."""
    if dtype == "bool" or dtype == "str":
        return dtype
    if static_startswith(dtype, "float"):
        return "float"
    if static_startswith(dtype, "datetime64"):
        return "datetime"
    if static_startswith(dtype, "int") or static_startswith(dtype, "uint"):
        return "int"
    return "other"


def is_number(dtype):
    """True for what sums and means are made of."""
    return kind(dtype) == "int" or kind(dtype) == "float" or kind(dtype) == "bool"


def cell(dtype):
    """Storage of one value in memory."""
    if kind(dtype) == "datetime":
        return storage("int64")
    return storage(dtype)
