"""Endless recursion over two functions.

Without `max_wasm_stack` in `host/src/engine_config.rs`: it overflows the stack of the host.
"""


def even(n):
    return odd(n - 1)


def odd(n):
    return even(n - 1)


print(even(1) + 0)
