"""An exception that drives the terminal."""

raise ValueError("\x1b[2J\x1b]0;owned\x07")
