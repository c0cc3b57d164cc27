"""Passages of every language, moved to where English ones are.

The model writes a text's language into its vector: in a collection of several languages a question is nearer to any
passage of its own language than to the right one of another. What a language adds is much the same for all texts, so it
can be taken away: it is the mean difference between the vectors of translations into it and of the English originals.
`python -m benchmarks.e5_languages` measures that of the articles of the Universal Declaration of Human Rights into
languages.npz. Questions stay as they are, and within one language the order of passages does not change.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import regex

from embedding.engine import Vectors

FILE = Path(__file__).with_name("languages.npz")  # by language, float16 (384,): mean of translations less of originals
ENGLISH = "en"

# Of the whole difference. At 1 a question finds the other languages' passages a little better still, and those of its
# own a little worse.
SHARE = 0.9

# A language for each script, to stand for those that are written in it too.
SCRIPTS = {
    "Arabic": "ar",
    "Armenian": "hy",
    "Bengali": "bn",
    "Cyrillic": "ru",
    "Devanagari": "hi",
    "Ethiopic": "am",
    "Georgian": "ka",
    "Greek": "el",
    "Gujarati": "gu",
    "Gurmukhi": "pa",
    "Han": "zh",
    "Hangul": "ko",
    "Hebrew": "he",
    "Hiragana": "ja",
    "Kannada": "kn",
    "Katakana": "ja",
    "Khmer": "km",
    "Lao": "lo",
    "Malayalam": "ml",
    "Myanmar": "my",
    "Sinhala": "si",
    "Tamil": "ta",
    "Telugu": "te",
    "Thai": "th",
}
LETTERS_OF_A_CHARACTER = 2.5  # a Chinese character says as much as so many letters of an alphabet
KANA_OF_JAPANESE = 0.1  # the least share of kana that makes Han characters beside them Japanese

# Short words that a text in Latin letters hardly goes without, and that are rare in others.
WORDS = {
    "en": "the of and to in is that for with was are this be by from it as or not on which can have",
    "cs": "je se že na pro jsou není jako nebo které který jeho byl podle také ve aby má každý nesmí",
    "da": "og det er af til på der ikke med som eller har den ved også skal blev efter enhver et",
    "de": "der die und das ist nicht mit den von zu für auf ein eine des dem sich auch werden oder wird hat",
    "es": "el los las del que por con una para como más pero está son ser fue sus se de la en al su tiene",
    "fi": "ja on ei se että hän oli ovat kuin myös tai mutta joka sekä ole voi olla jokaisella niiden",
    "fr": "le les des est une dans pour que qui pas sur par avec sont ce cette plus aux ou être et du de la en",
    "hu": "az és hogy nem is egy van meg vagy csak mint azt volt ez már kell minden joga sem",
    "id": "yang dan di untuk dengan dari ini tidak pada adalah dalam akan oleh itu atau ke tersebut setiap",
    "it": "il che di della per non sono con una gli nel alla dei più come anche delle essere questo la in ha",
    "nb": "og det er av til på som ikke med for eller har den ved også skal ble etter jeg enhver et",
    "nl": "de het een van en niet dat zijn op voor met aan ook door worden wordt bij naar deze in heeft",
    "pl": "nie się jest na że jak oraz przez dla są lub być jego jako tym po od który które ma każdy prawo",
    "pt": "que não uma com para dos das por mais como ao em são ou pelo pela foi ser de da na um tem",
    "ro": "și de la nu cu pe sau care sunt pentru din ale prin mai fi al să lui fost în orice are",
    "sv": "och det är av att till på som inte med för eller har den ett om från ska kan jag en",
    "tr": "ve bir bu için ile olarak da olan her çok gibi değil daha sonra veya ne kadar",
    "vi": "của và là các có được trong cho không một với những người khi đã này để về từ mọi đều hay",
}
# Different ones; fewer decide nothing, and Latin letters count as English, which code and names are nearest to.
ENOUGH_WORDS = 2

_LETTERS = {script: regex.compile(rf"\p{{{script}}}") for script in (*SCRIPTS, "Latin")}
_WORD = regex.compile(r"\p{Latin}+")
_LANGUAGES_OF = {
    word: [language for language, words in WORDS.items() if word in words.split()]
    for word in {word for words in WORDS.values() for word in words.split()}
}


def towards_english(vectors: Vectors, texts: Sequence[str]) -> Vectors:
    """Vectors of passages without what their languages add to them: no longer of length 1, but a little shorter."""
    moved = vectors.copy()
    for row, text in enumerate(texts):
        for language, share in foreign_shares(text).items():
            moved[row] -= SHARE * share * _differences()[language]
    return moved


def foreign_shares(text: str) -> dict[str, float]:
    """How far `text` goes for each language but English: their sum is 1 where half of it is in them.

    The model takes a text that is half Chinese for nearly as Chinese as one without English words.
    """
    found = shares(text)
    foreign = 1 - found.pop(ENGLISH, 0)
    return {language: share * min(1, 2 * foreign) / foreign for language, share in found.items()}


def shares(text: str) -> dict[str, float]:
    """What part of `text` is in which language. Their sum is 1; English is what cannot be told."""
    letters = {script: len(pattern.findall(text)) for script, pattern in _LETTERS.items()}
    latin = letters.pop("Latin")
    found: defaultdict[str, float] = defaultdict(float)
    for script, count in letters.items():
        found[SCRIPTS[script]] += count * (LETTERS_OF_A_CHARACTER if script in ("Han", "Hiragana", "Katakana") else 1)
    if found["ja"] > KANA_OF_JAPANESE * (found["ja"] + found["zh"]):
        found["ja"] += found.pop("zh")
    if latin:
        found[_latin_language(text)] += latin
    total = sum(found.values())
    return {language: count / total for language, count in found.items() if count} if total else {ENGLISH: 1.0}


def _latin_language(text: str) -> str:
    hits: Counter[str] = Counter()
    for word in set(_WORD.findall(unicodedata.normalize("NFC", text.lower()))):
        hits.update(_LANGUAGES_OF.get(word, ()))
    if not hits:
        return ENGLISH
    best, count = max(hits.items(), key=lambda one: (one[1], one[0] == ENGLISH))
    return best if count >= ENOUGH_WORDS else ENGLISH


@cache
def _differences() -> dict[str, Vectors]:
    with np.load(FILE) as stored:
        return {language: stored[language].astype(np.float32) for language in stored.files}
