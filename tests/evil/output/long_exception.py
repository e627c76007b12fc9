"""An exception with a megabyte to say."""

raise ValueError("no " * 400_000)
