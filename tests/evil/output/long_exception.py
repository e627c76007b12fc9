"""An exception with a megabyte to say.

Without `MAX_MESSAGE` in `host/src/error.rs`: the host keeps as much text as the guest has memory, and
no limit counts it.
"""

raise ValueError("no " * 400_000)
