"""What drives a terminal is data here.

Captured as it is; without `append_visible` in `host/src/imports/output.rs` a terminal would be driven by it.
"""

print("\x1b[2J\x07\x00 \u202e end")
