"""The work is in the host.

Without a price of calls into the host, `HOST_CALL` in `compiler/src/encode/plan.rs` has it: it runs until the
deadline.
"""

while True:
    s = f"{1.5:.300f}"
