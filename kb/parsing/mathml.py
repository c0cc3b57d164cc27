"""MathML, put together from the inside out. https://www.w3.org/TR/mathml-core/ and, for older elements, MathML 3"""

from collections.abc import Callable, Sequence

from kb.parsing.formulas import LARGE, accented, fenced, fraction, matrix, root, scripts, sequence

_INVISIBLE = dict.fromkeys(map(ord, "\u2061\u2062\u2063\u2064\u200b"))  # function application, times, comma, plus
_PRESCRIPTS = "mprescripts"  # an empty element: what follows stands before the base

Attributes = dict[str, str | None]


class Formula:
    """A <math> element whose contents go by as events. Nothing here is recursive: formulas may be deep."""

    def __init__(self) -> None:
        self._open: list[_Element] = [_Element("math", {})]

    def start(self, tag: str, attributes: Attributes) -> None:
        self._open.append(_Element(tag, attributes))

    def text(self, text: str) -> None:
        words = " ".join(text.translate(_INVISIBLE).split())
        if words:
            self._open[-1].add("", words)

    def end(self) -> None:
        """The innermost element ends. One without contents still counts as a part: <none/>, <mrow/>."""
        element = self._open.pop()
        outer = self._open[-1]
        if element.tag in ("mtr", "mlabeledtr"):
            outer.rows.append(element.parts)
        else:
            outer.add(element.tag, element.written())

    def finish(self) -> str:
        return self._open[0].written().strip()


class _Element:
    def __init__(self, tag: str, attributes: Attributes) -> None:
        self.tag = tag
        self.attributes = attributes
        self.tags: list[str] = []
        self.parts: list[str] = []
        self.rows: list[list[str]] = []

    def add(self, tag: str, written: str) -> None:
        self.tags.append(tag)
        self.parts.append(written)

    def written(self) -> str:
        """The linear form. An element with too few parts is invalid: what is there is shown all the same."""
        if self.rows:
            return matrix(self.rows)
        if self.tag == "mfenced":
            start, end = self.attributes.get("open"), self.attributes.get("close")
            between = (self.attributes.get("separators") or ",").strip()[:1]
            return fenced(self.parts, "(" if start is None else start, ")" if end is None else end, between)
        if self.tag in ("semantics", "maction"):
            return "".join(self.parts[:1])
        if self.tag == "mphantom":
            return ""
        if self.tag == "mmultiscripts":
            return self._with_scripts_around()
        if self.tag == "msqrt":
            return root(sequence(self.parts))
        if self.tag == "mspace":
            return " " if (self.attributes.get("width") or "0")[:1] not in "0-" else ""
        count, write = _ELEMENTS.get(self.tag, (-1, None))
        return write(*self.parts) if write and len(self.parts) == count else sequence(self.parts)

    def _with_scripts_around(self) -> str:
        """The base, pairs of (below, above) after it, then a mark and the pairs before it."""
        at = self.tags.index(_PRESCRIPTS) if _PRESCRIPTS in self.tags else len(self.tags)
        after, before = self.parts[1:at], self.parts[at + 1 :]
        return _pairs(before) + "".join(self.parts[:1]) + _pairs(after)


def _pairs(parts: Sequence[str]) -> str:
    return "".join(scripts("", *parts[index : index + 2]) for index in range(0, len(parts), 2))


def _over(base: str, above: str) -> str:
    return scripts(base, above=above) if base in LARGE else accented(base, above)


# Elements with a fixed number of parts.
_ELEMENTS: dict[str, tuple[int, Callable[..., str]]] = {
    "mfrac": (2, fraction),
    "mroot": (2, root),
    "msub": (2, scripts),
    "munder": (2, scripts),
    "msup": (2, lambda base, above: scripts(base, above=above)),
    "mover": (2, _over),
    "msubsup": (3, scripts),
    "munderover": (3, scripts),
}
