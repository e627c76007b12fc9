"""`time.time`."""

from intrinsics import host_time


def time() -> float:
    """Seconds since the Unix epoch."""
    return host_time()
