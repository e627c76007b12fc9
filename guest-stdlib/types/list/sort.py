"""`xs.sort(key=None, reverse=False)`; stable."""

from types.list._by_key import sort_by_key
from types.list._sort import sort_list


def sort(self, key=None, reverse=False):
    """Sorts in place."""
    if key is None:
        sort_list(self, reverse)
    else:
        sort_by_key(self, key, reverse)
