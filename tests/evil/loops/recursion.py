"""Endless recursion.

Without `max_wasm_stack` in `host/src/engine_config.rs`: it overflows the stack of the host.
"""


def down(n):
    return down(n + 1) + 1


print(down(0))
