"""`Series.fillna` with a number."""

from pandas.series._combine import combine


def fillna(self, value: static):
    """Missing values replaced by a value."""
    return combine("fill", self, value)
