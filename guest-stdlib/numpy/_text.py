"""Arrays as text, in the manner of NumPy: one width for all elements, at most 8 digits after the point,
the middle left out beyond 1000 elements. Lines are not broken."""

from intrinsics import f64_abs
from numpy._assign import run
from numpy._index import item_view
from numpy._promote import kind_of

_MANY = 1000
_EDGE = 3
_INF = 1e999


def array_text(a, separator, indent):
    """The elements in brackets."""
    if kind_of(a.dtype) == "f":
        style = float_style(run(a))
    else:
        style = (0, False)
    parts = []
    collect(a, style, a.size > _MANY, parts)
    width = 0
    if kind_of(a.dtype) == "b":
        width = 5
    for part in parts:
        width = max(width, len(part))
    out = []
    assemble(a, a.size > _MANY, parts, 0, width, separator, indent + " ", out)
    return "".join(out)


def shown(n: int, cut: bool, i: int) -> bool:
    """True if index `i` of `n` is written."""
    return not cut or n <= 2 * _EDGE or i < _EDGE or i >= n - _EDGE


def collect(a, style, cut: bool, parts):
    """The texts of the elements that are written."""
    for i in range(a.shape[0]):
        if shown(a.shape[0], cut, i):
            if len(a.shape) == 1:
                parts.append(element_text(a[i], style))
            else:
                collect(item_view(a, (i,)), style, cut, parts)


def assemble(a, cut: bool, parts, place: int, width: int, separator, indent, out) -> int:
    """Puts the texts together; returns how many are used."""
    out.append("[")
    n = a.shape[0]
    for i in range(n):
        if shown(n, cut, i):
            if i > 0:
                out.append(separator)
                if len(a.shape) > 1:
                    out.append("\n" * (len(a.shape) - 1) + indent)
                else:
                    out.append(" ")
            if len(a.shape) == 1:
                out.append(parts[place].rjust(width))
                place += 1
            else:
                place = assemble(item_view(a, (i,)), cut, parts, place, width, separator, indent + " ", out)
        elif i == _EDGE:
            out.append(separator)
            if len(a.shape) > 1:
                out.append("\n" * (len(a.shape) - 1) + indent)
            else:
                out.append(" ")
            out.append("...")
    out.append("]")
    return place


def float_style(a):
    """Digits after the point, and whether exponents are written."""
    flat = a.reshape(a.size)
    least = _INF
    greatest = 0.0
    for x in flat:
        size = f64_abs(x)
        if size < _INF and size > 0.0:
            least = min(least, size)
            greatest = max(greatest, size)
    exponent = greatest >= 1e8
    if greatest > 0.0 and (least < 0.0001 or greatest / least > 1000.0):
        exponent = True
    digits = 0
    for x in flat:
        if f64_abs(x) < _INF:
            digits = max(digits, len(fraction(x, exponent)))
    return digits, exponent


def fraction(x: float, exponent: bool) -> str:
    """The digits after the point that matter, at most 8."""
    if exponent:
        text = f"{x:.8e}"
        text = text[: text.find("e")]
    else:
        text = f"{x:.8f}"
    return text[text.find(".") + 1 :].rstrip("0")


def element_text(x, style) -> str:
    """One element."""
    if not isinstance(x, float):
        return str(x)
    digits, exponent = style
    if x != x:
        return "nan"
    if f64_abs(x) == _INF:
        return "inf" if x > 0.0 else "-inf"
    mine = fraction(x, exponent)
    if exponent:
        text = f"{x:.8e}"
        at = text.find("e")
        return text[: text.find(".") + 1] + mine + "0" * (digits - len(mine)) + text[at:]
    text = f"{x:.8f}"
    return text[: text.find(".") + 1] + mine + " " * (digits - len(mine))
