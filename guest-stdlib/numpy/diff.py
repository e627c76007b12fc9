"""`np.diff` of an array of one axis."""


def diff(a):
    """Differences of neighbours."""
    return a[1:] - a[:-1]
