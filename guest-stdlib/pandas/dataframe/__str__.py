"""`str(frame)`, like its repr."""


def __str__(self):
    return self.__repr__()
