"""Template filters: marked terms, pages, names of presets and failures."""

from collections.abc import Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kb.indexing.failures import FAILURES, Failure
from kb.parsing.formats import short_label
from retrieval.terms import tokens

register = template.Library()
register.filter("kind", short_label)


@register.filter
def marked(text: str, found: Sequence[str]) -> SafeString:
    """`text` with the matching terms in <mark>. Terms are cut as in the index, with the stems of all languages."""
    spans: list[tuple[int, int]] = []
    wanted = set(found)
    for token in tokens(text):
        if token.term in wanted:
            if spans and token.start <= spans[-1][1]:
                spans[-1] = (min(spans[-1][0], token.start), max(spans[-1][1], token.end))
            else:
                spans.append((token.start, token.end))
    pieces, position = [], 0
    for start, end in spans:
        pieces.append((text[position:start], text[start:end]))
        position = end
    return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", pieces), text[position:])


@register.filter
def pages(place: tuple[int, int] | None, labels: Sequence[str] = ()) -> str:
    """(3, 3): "page 3"; (3, 4): "pages 3–4"; nothing for a document without pages.

    `labels` are the document's own labels of its pages. If they differ from the numbers, both are shown:
    "page iv (4 of 200)", "pages iv–v (4–5 of 200)".
    """
    if place is None:
        return ""
    number = _range(*place)
    label = _range(*(labels[page - 1] for page in place)) if labels else number
    is_one = place[0] == place[1]
    if label == number:
        return (gettext("page %s") if is_one else gettext("pages %s")) % number
    known = {"label": label, "number": number, "all": len(labels)}
    if is_one:
        return gettext("page %(label)s (%(number)s of %(all)s)") % known
    return gettext("pages %(label)s (%(number)s of %(all)s)") % known


@register.filter
def page(number: int, labels: Sequence[str]) -> str:
    """The same for one page."""
    return pages((number, number), labels)


def _range(first: object, last: object) -> str:
    return str(first) if first == last else f"{first}–{last}"


PRESET_NAMES = {
    "": _("as its collection"),
    "auto": _("automatic, by kind of document"),
    "general": _("general"),
    "technical": _("technical documentation"),
    "paper": _("scientific paper"),
    "narrative": _("narrative"),
    "legal": _("contract or law"),
    "code": _("source code"),
}


@register.filter
def preset_name(preset: str) -> str:
    return str(PRESET_NAMES[preset])


INSTRUCTION_NAMES = {
    "none": _("nothing in particular"),
    "auto": _("automatic, by question and kind of document"),
    "custom": _("something else: in your own words"),
    "web": _("passages of any kind"),
    "technical": _("technical documentation"),
    "faq": _("frequently asked questions"),
    "code": _("source code"),
    "science": _("scientific papers"),
    "patents": _("patents"),
    "medicine": _("medical literature"),
    "law": _("contracts and law"),
    "products": _("products"),
    "cross-lingual": _("passages in any language"),
}


@register.filter
def instruction_name(setting: str) -> str:
    """The name of a setting for instructions; a custom sentence is shown itself."""
    if setting in INSTRUCTION_NAMES:
        return str(INSTRUCTION_NAMES[setting])
    name = setting.removesuffix("-zh")
    if name in INSTRUCTION_NAMES:
        return gettext("%s, told in Chinese") % INSTRUCTION_NAMES[name]
    return setting


@register.filter
def failure(code: str) -> Failure:
    return FAILURES[code]
