"""A list as the host takes it: an array of its numbers, or its strings one after the other."""

from border._texts import new_texts
from numpy.array import array


def __give__(self):
    """Of numbers, as NumPy makes an array of a list. (`isinstance` looks at the type alone: nothing is read where the
    list is empty.)"""
    if isinstance(self.__item__(0), str):
        return _texts(self)
    return array(self).__give__()


def _texts(self):
    """A word, how many there are, and blocks with the offsets and the bytes."""
    texts = new_texts(self.length)
    for i in range(self.length):
        texts.put(self.__item__(i))
        texts.close()
    return ("texts", self.length, texts.offsets, texts.data)
