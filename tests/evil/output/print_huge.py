"""One line that is too long.

Without `charge_output` in `host/src/imports/text.rs`: the host keeps all of it.
"""

print("x" * 10_000_000)
