"""Formulas of Word in linear form. ECMA-376-1, clause 22.1 (OMML)."""

from collections.abc import Callable, Iterator
from typing import Any

from kb.parsing.formulas import accented, fenced, fraction, matrix, operator, root, scripts, sequence
from kb.parsing.word_xml import W

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"

_INTEGRAL = "∫"
_DELETED = {f"{W}del", f"{W}moveFrom"}


def formula(element: Any) -> str:
    """The linear form of an m:oMath or of a part of one. An XML parser limits its depth."""
    return sequence(_parts(element))


def _parts(element: Any) -> Iterator[str]:
    for child in element.iterchildren("*"):
        write = _ELEMENTS.get(child.tag)
        if child.tag in (f"{M}t", f"{W}t"):
            yield child.text or ""
        elif write:
            yield write(child)
        elif child.tag not in _DELETED and not child.tag.endswith("Pr"):  # properties
            yield from _parts(child)


def _of(element: Any, name: str) -> str:
    part = element.find(f"{M}{name}")
    return "" if part is None else formula(part)


def _property(element: Any, path: str, default: str) -> str:
    """The m:val at a path of properties; "" if it is there without a value."""
    found = element.find(path.replace("m:", M))
    value: str = default if found is None else found.get(f"{M}val", "")
    return value


def _fraction(element: Any) -> str:
    is_plain = _property(element, "m:fPr/m:type", "bar") == "noBar"  # as in a binomial coefficient
    top, bottom = _of(element, "num"), _of(element, "den")
    return f"{top}; {bottom}" if is_plain else fraction(top, bottom)


def _root(element: Any) -> str:
    return root(_of(element, "e"), _of(element, "deg"))


def _scripts(element: Any) -> str:
    return scripts(_of(element, "e"), _of(element, "sub"), _of(element, "sup"))


def _prescripts(element: Any) -> str:
    return scripts("", _of(element, "sub"), _of(element, "sup")) + _of(element, "e")


def _operator(element: Any) -> str:
    sign = _property(element, "m:naryPr/m:chr", _INTEGRAL)
    return operator(sign, _of(element, "sub"), _of(element, "sup"), _of(element, "e"))


def _fenced(element: Any) -> str:
    start, end = _property(element, "m:dPr/m:begChr", "("), _property(element, "m:dPr/m:endChr", ")")
    between = _property(element, "m:dPr/m:sepChr", "|")
    return fenced((formula(part) for part in element.iterchildren(f"{M}e")), start, end, between)


def _limit(element: Any) -> str:
    is_below = element.tag == f"{M}limLow"
    limit = _of(element, "lim")
    return scripts(_of(element, "e"), limit if is_below else "", "" if is_below else limit)


def _accented(element: Any) -> str:
    return accented(_of(element, "e"), _property(element, "m:accPr/m:chr", "\u0302"))


def _bar(element: Any) -> str:
    is_above = _property(element, "m:barPr/m:pos", "bot") == "top"
    return accented(_of(element, "e"), "¯") if is_above else _of(element, "e")


def _matrix(element: Any) -> str:
    rows = element.iterchildren(f"{M}mr")
    return matrix([formula(part) for part in line.iterchildren(f"{M}e")] for line in rows)


def _lines(element: Any) -> str:
    return "; ".join(formula(part) for part in element.iterchildren(f"{M}e"))


_ELEMENTS: dict[str, Callable[[Any], str]] = {
    f"{M}f": _fraction,
    f"{M}rad": _root,
    **dict.fromkeys((f"{M}sSup", f"{M}sSub", f"{M}sSubSup"), _scripts),
    f"{M}sPre": _prescripts,
    f"{M}nary": _operator,
    f"{M}d": _fenced,
    **dict.fromkeys((f"{M}limLow", f"{M}limUpp"), _limit),
    f"{M}acc": _accented,
    f"{M}bar": _bar,
    f"{M}m": _matrix,
    f"{M}eqArr": _lines,
    f"{M}phant": lambda element: _of(element, "e") if _property(element, "m:phantPr/m:show", "1") != "0" else "",
}
