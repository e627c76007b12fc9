"""Sorting by a key function."""

from types.list._new import new_list
from types.list._sort import sort_list


def sort_by_key(self, key, reverse):
    """Sorts (key, position) pairs, which keeps the sort stable, and puts the elements in that order."""
    keys = []
    for i in range(self.length):
        # Of equal keys the first stays first, in both directions.
        if reverse:
            keys.append((key(self.__item__(i)), -i))
        else:
            keys.append((key(self.__item__(i)), i))
    sort_list(keys, reverse)
    sorted_items = new_list(self.dtype, self.length)
    for _, i in keys:
        if i < 0:
            i = -i
        sorted_items.append(self.__item__(i))
    # The elements change places by exchange of the two lists' blocks.
    self.data, sorted_items.data = sorted_items.data, self.data
    self.capacity = self.length
    sorted_items.capacity = self.length
