"""What a function returns to the host."""

from intrinsics import has_method, static_error, static_map, type_of


def give(result):
    """The result, with arrays and frames taken apart."""
    if isinstance(result, tuple):
        return static_map(give, result)
    if result is None or isinstance(result, (bool, int, float, str)):
        return result
    if has_method(result, "__give__"):
        return result.__give__()
    static_error("a `", type_of(result), "` cannot be handed to the host | reduce it, or return its parts")
