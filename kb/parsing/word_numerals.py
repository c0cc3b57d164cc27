"""Word's number formats. ECMA-376-1, 17.18.59 (ST_NumberFormat)."""

import re
from collections.abc import Callable

_ROMAN = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    )
)
_MAX_ROMAN = 32767  # Word's limit
_MAX_LETTERS = 780  # 30 times the alphabet
_DIGITS = "〇一二三四五六七八九"
_LEGAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = ("", "十", "百", "千")
_LEGAL_UNITS = ("", "拾", "佰", "仟")
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"


def numeral(count: int, form: str) -> str:
    """The count in that form; in digits if the form is unknown or cannot express it."""
    if form == "none":
        return ""
    write = _FORMS.get(form)
    return (write(count) if write else None) or str(count)


def _roman(count: int) -> str | None:
    if not 0 < count <= _MAX_ROMAN:
        return None
    written = ""
    for value, sign in _ROMAN:
        written += sign * (count // value)
        count %= value
    return written


def _letters(count: int) -> str | None:
    """A to Z, AA to ZZ, AAA..."""
    return chr(ord("A") + (count - 1) % 26) * ((count - 1) // 26 + 1) if 0 < count <= _MAX_LETTERS else None


def _ordinal(count: int) -> str:
    ending = "th" if count % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count}{ending}"


def _counted(count: int, digits: str, units: tuple[str, ...], zero: str) -> str | None:
    """十一, 一百〇五"""
    if not 0 < count < 10_000:
        return None
    written, needs_zero = "", False
    for power in range(3, -1, -1):
        digit = count // 10**power % 10
        if digit:
            written += (zero if needs_zero else "") + digits[digit] + units[power]
        needs_zero = bool(written) and not digit
    return written


def _chinese(count: int) -> str | None:
    written = _counted(count, _DIGITS, _UNITS, "〇")
    return written.removeprefix("一") if written and 10 <= count < 20 else written


def _japanese(count: int) -> str | None:
    written = _counted(count, _DIGITS, _UNITS, "")
    return written and re.sub("一(?=[十百千])", "", written)


def _cycle(signs: str) -> Callable[[int], str | None]:
    return lambda count: signs[count - 1] if 0 < count <= len(signs) else None


_FORMS: dict[str, Callable[[int], str | None]] = {
    "decimalZero": lambda count: f"{count:02}",
    "upperRoman": _roman,
    "lowerRoman": lambda count: (_roman(count) or "").lower(),
    "upperLetter": _letters,
    "lowerLetter": lambda count: (_letters(count) or "").lower(),
    "ordinal": _ordinal,
    "numberInDash": lambda count: f"- {count} -",
    "decimalFullWidth": lambda count: "".join(chr(ord(digit) + 0xFEE0) for digit in str(count)),
    "decimalEnclosedCircle": _cycle("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"),
    "decimalEnclosedCircleChinese": _cycle("①②③④⑤⑥⑦⑧⑨⑩"),
    "decimalEnclosedParen": _cycle("⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇"),
    "decimalEnclosedFullstop": _cycle("⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛"),
    "chineseCounting": _chinese,
    "chineseCountingThousand": _chinese,
    "taiwaneseCounting": _chinese,
    "taiwaneseCountingThousand": _chinese,
    "japaneseCounting": _japanese,
    "chineseLegalSimplified": lambda count: _counted(count, _LEGAL_DIGITS, _LEGAL_UNITS, "零"),
    "ideographDigital": lambda count: "".join(_DIGITS[int(digit)] for digit in str(count)),
    "japaneseDigitalTenThousand": lambda count: "".join(_DIGITS[int(digit)] for digit in str(count)),
    "ideographTraditional": _cycle(_STEMS),
    "ideographZodiac": _cycle(_BRANCHES),
}
