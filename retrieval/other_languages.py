"""Passages in another language than the question: that they lack its words says nothing about them. Pure.

By reciprocal ranks alone a passage that only vectors can find comes after every passage that is fair in both
retrievers, so in a collection of two languages a question hardly ever finds what is written in the other one. There the
dense retriever votes for the lexical one, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import regex

from retrieval.options import Mode, SearchOptions
from retrieval.retrievers import RetrieverResult
from retrieval.terms.languages import language_of

# How much of the lexical retriever's weight a rank in the dense one is given. Fitted on every second question to the
# articles of XQuAD, half of them in English and half in Chinese: see "Decisions" in README.md. At 1, passages of the
# question's own language come too late.
STAND_IN = 0.9

SEEN = 500  # characters of a passage that tell its language
SHARED = 0.2  # of a passage in the question's script: then it holds enough words of the question's language

_SPACED = ("Latin", "Cyrillic", "Greek", "Arabic", "Hebrew", "Devanagari", "Hangul")
_SCRIPTS = {script: regex.compile(rf"\p{{{script}}}+") for script in _SPACED} | {
    "Han": regex.compile(r"\p{Han}"),
    "Kana": regex.compile(r"[\p{Hiragana}\p{Katakana}]"),
    "Thai": regex.compile(r"\p{Thai}"),
}


def weighed(
    results: Sequence[RetrieverResult], question: str, passages: Mapping[int, str], options: SearchOptions
) -> list[RetrieverResult]:
    """The results, with weights of their own for items in other languages.

    `passages`: the first SEEN characters of each passage of `candidates`.
    """
    lexical = next((one for one in results if one.retriever is Mode.LEXICAL), None)
    if lexical is None:
        return list(results)
    by_words = {item: lexical.weight / (options.k + rank) for rank, item in enumerate(lexical.hits, start=1)}
    silent: dict[int, float] = {}
    weighed = []
    for one in results:
        weights = {}
        if one.is_multilingual:
            for rank, (item, hit) in enumerate(one.hits.items(), start=1):
                for_words = STAND_IN * lexical.weight
                is_better = for_words / (options.k + rank) > by_words.get(item, 0.0)
                if is_better and is_in_another_language(question, passages.get(hit.passage, "")):
                    weights[item] = one.weight + for_words
                    silent[item] = 0.0
        weighed.append(replace(one, weights=weights))
    return [replace(one, weights=silent) if one.retriever is Mode.LEXICAL else one for one in weighed]


def candidates(results: Sequence[RetrieverResult]) -> list[int]:
    """The passages whose language matters."""
    return [hit.passage for one in results if one.is_multilingual for hit in one.hits.values()]


def is_in_another_language(question: str, passage: str) -> bool:
    """Whether hardly any of a passage is in the language of `question`; no if either does not tell."""
    asked, told = _scripts(question), _scripts(passage)
    if not asked or not told:
        return False
    script = "Kana" if "Kana" in asked else max(asked, key=lambda name: asked[name])  # Japanese has Han characters, too
    if told.get(script, 0) < SHARED * sum(told.values()):
        return True
    languages = language_of(question), language_of(passage)
    return script == "Latin" and None not in languages and languages[0] != languages[1]


def _scripts(text: str) -> dict[str, int]:
    """Words of each script; a character of a script without spaces counts as one."""
    counts = {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()}
    return {name: count for name, count in counts.items() if count}
