"""`Series.between`, both ends included."""


def between(self, left: static, right: static):
    """Where values lie between two values."""
    return (self >= left) & (self <= right)
