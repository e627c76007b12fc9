"""Conversion to an array element type: `numpy.int32(x)` and the like."""

from intrinsics import f64_to_f32, i64_shr_s, storage, value_type


def _cast(dtype, x):
    """`x` as a value of the storage type: wrapped, truncated or rounded as NumPy does."""
    T = value_type(dtype)
    if T == bool:
        return bool(x)
    elif T == float:
        y = float(x)
        if dtype == storage("float32"):
            return f64_to_f32(y)
        return y
    else:
        n = int(x)
        if dtype == storage("int8"):
            return i64_shr_s(n << 56, 56)
        elif dtype == storage("int16"):
            return i64_shr_s(n << 48, 48)
        elif dtype == storage("int32"):
            return i64_shr_s(n << 32, 32)
        elif dtype == storage("uint8"):
            return n & 255
        elif dtype == storage("uint16"):
            return n & 65535
        elif dtype == storage("uint32"):
            return n & 4294967295
        return n
