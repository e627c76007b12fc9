"""`Series.map` of a function, like `apply`."""

from pandas.series.apply import apply


def map(self, func):
    """A Series with the function's result for each value."""
    return apply(self, func)
