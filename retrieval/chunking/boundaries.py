"""Where a text may be split: between its sentences, list items, table rows and blocks. Pure, and linear in the text."""

import regex

BLANK_LINES = regex.compile(r"\n[^\S\n]*+\n")
_ROW = regex.compile(r"(?m)^(?=[^\S\n]*+(?:[-*•]\s|\d{1,3}[.)]\s)|.* \| )")
_SENTENCE_END = regex.compile(
    r"""[。！？；…]++[”’」』）》"']*+  # Chinese, Japanese
      | (?<![.!?])[.!?]++["'”’)\]]*+(?=\s++["'“‘(\[]{0,8}+[\p{Lu}\p{Lo}\p{N}])  # before a possible sentence
      | (?<![।॥۔؟])[।॥۔؟]++(?=\s)  # Devanagari, Arabic, Urdu
    """,
    regex.VERBOSE,
)
_NO_SENTENCE_END = regex.compile(
    r"(?im)^[^\S\n]*\(?(?:\d{1,3}|[ivxlc]{1,6})\.$"  # the number of an item
    r"|(?<![\p{L}\p{N}.])(?:(?:\p{L}\.)*\p{L}|dr|mrs?|ms|prof|st|nos?|figs?|eqs?|secs?|vol|ch|arts?|pp?|vs|approx|inc|ltd"
    r"|co|corp|cf|al|ca)\.$"
)
_LOOK_BACK = 20  # characters before a full stop that reveal an abbreviation


def boundaries(text: str, start: int, end: int) -> set[int]:
    """Where text[start:end] may be split: after sentences and blank lines, before rows and list items."""
    found = {match.end() for match in BLANK_LINES.finditer(text, start, end)}
    found |= {match.start() for match in _ROW.finditer(text, start, end)}
    for match in _SENTENCE_END.finditer(text, start, end):
        if not _NO_SENTENCE_END.search(text, max(start, match.start() - _LOOK_BACK), match.end()):
            found.add(match.end())
    return found
