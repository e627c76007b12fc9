"""`separator.join(parts)`."""

from builtins._sequence import sequence
from intrinsics import coerce, static_error
from types.list._new import new_list
from types.str._join_list import join_list


def join(self, parts):
    """The parts, with the separator between them."""
    items = sequence(parts)
    if isinstance(items, list):
        if items.dtype != str:
            static_error("sequence item 0: expected str instance")
        return join_list("", self, items, "")
    else:
        texts = new_list(str, len(items))
        for part in items:
            texts.append(part)
        return join_list("", self, texts, "")
