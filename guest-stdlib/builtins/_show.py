"""How a doctest or the REPL shows a value: nothing for None."""


def _show(x):
    """Prints `repr(x)` unless it is None."""
    if x is not None:
        print(repr(x))
