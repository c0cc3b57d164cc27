"""Forms in XFA, which only Adobe's programs show: their PDF page just asks to wait. XFA 3.3, chapters 3 and 4.

Such a form is read as its fixed texts, then a line "caption: value" for each field that is filled in.
"""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from kb.parsing.draft import has_text, one_line
from kb.parsing.errors import FormNotRead
from kb.parsing.pdf.objects import dictionary, resolved

_TEMPLATE, _DATASETS = "template", "datasets"
_MAX_VALUES = 20_000
_PLACEHOLDER = re.compile(r"please wait|adobe\.com|pdf viewer|adobe reader|acrobat", re.IGNORECASE)
_FEW_LETTERS = 2000  # of all pages: a form with pages of its own has more


def is_dynamic(reader: PdfReader, text: str) -> bool:
    """Whether the file's content is in XFA only, and `text`, that of its pages, just stands in for it.

    Other forms have the same fields and values on their pages as well.
    """
    if "/XFA" not in _form(reader):
        return False
    if not has_text(text):
        return True
    return len(text) < _FEW_LETTERS and (_needs_rendering(reader) or _PLACEHOLDER.search(text) is not None)


def text(reader: PdfReader) -> str:
    """Raises FormNotRead if the form is damaged or has no text."""
    parts = _parts(resolved(_form(reader).get("/XFA")))
    try:
        roots = [etree.fromstring(part, _parser()) for part in parts]
    except etree.XMLSyntaxError as error:
        raise FormNotRead(f"its XFA is damaged: {error}") from error
    templates = [root for one in roots for root in _named(one, _TEMPLATE)]
    data = [root for one in roots for root in _named(one, _DATASETS)]
    fixed = dict.fromkeys(line for root in templates for line in _fixed(root))
    captions = {name: caption for root in templates for name, caption in _captions(root)}
    values = [f"{captions.get(name, name)}: {value}" for root in data for name, value in _values(root)]
    found = "\n\n".join(["\n".join(fixed), "\n".join(values[:_MAX_VALUES])]).strip()
    if not has_text(found):
        raise FormNotRead("its XFA has neither fixed texts nor values")
    return found


def _form(reader: PdfReader) -> DictionaryObject:
    return dictionary(dictionary(reader.trailer["/Root"]).get("/AcroForm"))


def _needs_rendering(reader: PdfReader) -> bool:
    flag = resolved(dictionary(reader.trailer["/Root"]).get("/NeedsRendering"))
    return flag is not None and bool(getattr(flag, "value", flag))


def _parts(xfa: Any) -> list[bytes]:
    """The XML documents: one, or an array of names and packets that are documents by themselves or only together."""
    if isinstance(xfa, StreamObject):
        return [xfa.get_data()]
    if not isinstance(xfa, ArrayObject):
        return []
    packets = [(str(resolved(name)), resolved(packet)) for name, packet in zip(xfa[::2], xfa[1::2], strict=False)]
    return [
        packet.get_data()
        for name, packet in packets
        if name in (_TEMPLATE, _DATASETS) and isinstance(packet, StreamObject)
    ]


def _parser() -> etree.XMLParser:
    """Loads nothing from elsewhere and expands no entities."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)


def _named(root: Any, name: str) -> list[Any]:
    return [element for element in root.iter("{*}" + name) if _is_outermost(element, name)]


def _is_outermost(element: Any, name: str) -> bool:
    return all(_name(parent) != name for parent in element.iterancestors())


def _name(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _fixed(template: Any) -> Iterator[str]:
    for drawn in template.iter("{*}draw"):
        if drawn.get("presence") not in ("hidden", "invisible", "inactive") and (line := _text(drawn.find("{*}value"))):
            yield line


def _captions(template: Any) -> Iterator[tuple[str, str]]:
    for field in template.iter("{*}field", "{*}exclGroup"):
        name, caption = field.get("name"), field.find("{*}caption")
        if name and caption is not None and (line := _text(caption.find("{*}value"))):
            yield name, line.rstrip(" :")


def _text(value: Any) -> str:
    """What a <value> shows: plain text, or XHTML."""
    return "" if value is None else one_line(" ".join(value.itertext()))


def _values(datasets: Any) -> Iterator[tuple[str, str]]:
    """(name, value) of each filled-in field, in the order of the data."""
    for data in datasets.iter("{*}data"):
        for element in data.iter():
            if len(element) == 0 and (name := _name(element)) and (line := one_line(element.text or "")):
                yield name, line
        return
