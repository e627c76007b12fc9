"""An exception that drives the terminal.

Without `visible` in `host/src/terminal.rs` a terminal would be driven by it.
"""

raise ValueError("\x1b[2J\x1b]0;owned\x07")
