"""Times as text.

Method: days to year, month and day by Howard Hinnant's `civil_from_days`.
"""

from intrinsics import cold, static_error, static_startswith
from pandas._columns.kind import NAT
from pandas._columns.writer import new_writer


def ticks(dtype):
    """Ticks a second of a type of times."""
    if static_startswith(dtype, "datetime64[s"):
        return 1
    if static_startswith(dtype, "datetime64[ms"):
        return 1000
    if static_startswith(dtype, "datetime64[us"):
        return 1000000
    if static_startswith(dtype, "datetime64[ns"):
        return 1000000000
    static_error("times of type `", dtype, "` are not supported")


def zone(dtype):
    """What is written after the time."""
    if dtype == "datetime64[s]" or dtype == "datetime64[ms]" or dtype == "datetime64[us]" or dtype == "datetime64[ns]":
        return ""
    if dtype == "datetime64[s, UTC]" or dtype == "datetime64[ms, UTC]":
        return "+00:00"
    if dtype == "datetime64[us, UTC]" or dtype == "datetime64[ns, UTC]":
        return "+00:00"
    static_error("times of type `", dtype, "` cannot be shown: UTC is the only time zone that is supported")


def moment_text(moment, dtype):
    """`2024-02-29 00:00:35`, with a fraction of a second if there is one."""
    if moment == NAT:
        return "NaT"
    writer = new_writer()
    scale = ticks(dtype)
    digits = 0
    if moment % scale != 0:
        digits = 6
        if scale == 1000000000 and moment % 1000 != 0:
            digits = 9
    put_moment(writer, moment, scale, digits, True)
    writer.put(zone(dtype))
    return writer.finish()


@cold
def put_moment(writer, moment, scale, digits, clock):
    """Writes a time with so many digits of the second's fraction, or only the date."""
    seconds = moment // scale
    rest = moment - seconds * scale
    days = seconds // 86400
    put_date(writer, days)
    if clock:
        second = seconds - days * 86400
        writer.put_byte(32)
        writer.put_int(second // 3600, 2)
        writer.put_byte(58)
        writer.put_int(second // 60 % 60, 2)
        writer.put_byte(58)
        writer.put_int(second % 60, 2)
        if digits > 0:
            writer.put_byte(46)
            nanos = rest * (1000000000 // scale)
            if digits == 3:
                nanos = nanos // 1000000
            if digits == 6:
                nanos = nanos // 1000
            writer.put_int(nanos, digits)


@cold
def put_date(writer, days):
    """Year, month and day of a day since 1970."""
    shifted = days + 719468
    era = shifted // 146097
    day = shifted - era * 146097
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    left = day - (365 * year + year // 4 - year // 100)
    march = (5 * left + 2) // 153
    writer_day = left - (153 * march + 2) // 5 + 1
    month = march + 3
    if month > 12:
        month = month - 12
    full = year + era * 400
    if month <= 2:
        full += 1
    writer.put_int(full, 4)
    writer.put_byte(45)
    writer.put_int(month, 2)
    writer.put_byte(45)
    writer.put_int(writer_day, 2)
