"""`pandas.Timestamp`: a moment, as the columns of a file give it.

Differences from pandas: made by columns only; printing and comparing are supported, with UTC as the
only time zone.
"""

from intrinsics import static_error, value
from pandas._columns.kind import NAT
from pandas._show.moment import moment_text, zone


@value
class Timestamp:
    """The time since 1970 in the unit of its type, and the type (`datetime64[ms]`)."""

    _moment: any
    _dtype: any

    def dtype(self):
        return self._dtype

    def __str__(self):
        return moment_text(self._moment, self._dtype)

    def __repr__(self):
        if self._moment == NAT:
            return "NaT"
        text = "Timestamp('" + moment_text(self._moment, self._dtype) + "'"
        if zone(self._dtype) != "":
            return text + ", tz='UTC')"
        return text + ")"

    def __eq__(self, other):
        return self._comparable(other) and self._moment == other._moment

    def __ne__(self, other):
        return not (self._comparable(other) and self._moment == other._moment)

    def __lt__(self, other):
        return self._comparable(other) and self._moment < other._moment

    def __le__(self, other):
        return self._comparable(other) and self._moment <= other._moment

    def __gt__(self, other):
        return self._comparable(other) and self._moment > other._moment

    def __ge__(self, other):
        return self._comparable(other) and self._moment >= other._moment

    def _comparable(self, other):
        if not isinstance(other, Timestamp):
            static_error("a time can only be compared with a time")
        if self._dtype != other._dtype:
            static_error("times of type `", self._dtype, "` and `", other._dtype, "` cannot be compared")
        return self._moment != NAT and other._moment != NAT
