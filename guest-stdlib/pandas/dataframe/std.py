"""`DataFrame.std` of each column; missing values are left out."""

from pandas.dataframe._reduce import numeric_names, reduce_frame


def std(self, numeric_only: static = False):
    """A Series with the column names as labels."""
    return reduce_frame(self, numeric_names(self, numeric_only), "std")
