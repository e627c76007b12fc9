"""`str(series)`, like its repr."""


def __str__(self):
    return self.__repr__()
