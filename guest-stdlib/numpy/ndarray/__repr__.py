"""`ndarray.__repr__`; see `numpy/_text`."""

from intrinsics import class_name
from numpy._text import array_text


def __repr__(self):
    """`array([...])`, with the element type where it does not follow from the elements."""
    if self.size == 0:
        return "array([], dtype=" + class_name(self.dtype) + ")"
    text = "array(" + array_text(self, ",", "      ")
    name = class_name(self.dtype)
    if name == "int64" or name == "float64" or name == "bool":
        return text + ")"
    return text + ", dtype=" + name + ")"
