"""The truth value of a column is refused, as in pandas."""

from intrinsics import static_error


def __bool__(self):
    static_error(
        "the truth value of a column is ambiguous",
        " | use `&`, `|` and `~` instead of `and`, `or` and `not`, with comparisons in parentheses",
    )
