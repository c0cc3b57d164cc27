"""The language of a text, as far as stems need it: by its most frequent words. Pure."""

from collections import Counter

import regex

DEFAULT = "english"  # of texts that do not tell, as source code and tables

_FREQUENT_WORDS = {
    "english": "the of and to is that for with was are this by from be or which have not it what how does who when",
    "german": "der die das und ist nicht von mit den dem des ein eine einen auf für auch wird sind im wie wer wo",
    "french": "le les des et est une dans pour qui que sur pas par du au avec sont ce cette quel quelle comment où",
    "spanish": "el los las y es una en por que para con del se al como su más lo cuál qué quién cómo dónde",
    "italian": "il lo gli e è di una che per con del della sono nel non dei alla come più quale chi dove",
    "portuguese": "o os as e é uma em por que para com do da não dos no na se ao como mais qual quem onde",
    "dutch": "het een van en is dat niet op te zijn voor met aan er door ook wordt bij naar wie hoe wat waar",
}
LANGUAGES = tuple(_FREQUENT_WORDS)

_LANGUAGES_OF: dict[str, list[str]] = {}
for _language, _words in _FREQUENT_WORDS.items():
    for _word in _words.split():
        _LANGUAGES_OF.setdefault(_word, []).append(_language)

# Words of English questions that say nothing about the subject. They are dropped from questions, but not from the
# index, nor from a question that has no other words. They have no stems.
_SILENT_WORDS = """
a an and are as at be been but by can could did do does for from had has have how i if in into is it its me my of on or
our should such that the their them then there these they this those to us was we were what when where which who whom
whose why will with would you your
"""
SILENT = frozenset(_SILENT_WORDS.split())

_WORD = regex.compile(r"\p{Latin}+")
_SEEN = 20_000  # characters of a text that tell its language
_LEAD = 1.3  # how much more frequent its words must be than those of any other


def language_of(text: str) -> str | None:
    """A name in LANGUAGES; None if the text does not tell."""
    found: Counter[str] = Counter()
    for word in _WORD.findall(text[:_SEEN].casefold()):
        for language in _LANGUAGES_OF.get(word, ()):
            found[language] += 1
    ranked = found.most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] < _LEAD * ranked[1][1]):
        return None
    return ranked[0][0]
