"""Passages of every language, moved to where English ones are.

The model writes a text's language into its vector: in a collection of several languages a question is nearer to any
passage of its own language than to the right one of another. What a language adds is much the same for all texts: the
mean difference between the vectors of translations into it and of the English originals. So the language can be told
from a vector, better than from the words of a short text, and taken away from it.

`python -m benchmarks.e5_languages` measures these differences on the Universal Declaration of Human Rights. Questions
stay as they are, and within one language the order of passages does not change.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import regex

from embedding.engine import Vectors

FILE = Path(__file__).with_name("languages.npz")  # float16 (384,): the mean of ENGLISH, and differences by language
ENGLISH = "en"

# How much of the difference is taken away. At 1 a question finds passages of other languages a little better still, and
# those of its own a little worse.
SHARE = 0.9

# A vector that goes less of the way from English to its nearest language is of an English text. Without any error there
# would be texts at 0 and at 1 only; English ones with many names, and code, reach .5.
FAR_ENOUGH = 0.6

# Between languages that are near to each other the way is divided: an error would move a passage before or behind all
# others of its language. In squares of lengths, as the differences of squared distances are.
UNDECIDED = 0.003

# Where so many words are among the most frequent ones of English, the vector is not asked: it is wrong about headings
# such as "How to implement tool use". German text has up to .16. Half-way Chinese text has more: so its letters count.
ENGLISH_WORDS = frozenset(
    ("the of and to in is that for with was are this be by from it as or not on which can have has their its").split()  # noqa: SIM905
)
ENGLISH_SHARE = 0.18
LATIN_SHARE = 0.9

_WORD = regex.compile(r"\p{L}+")
_LATIN = regex.compile(r"\p{Latin}")
_LETTER = regex.compile(r"\p{L}")


@dataclass(frozen=True)
class _Languages:
    names: list[str]
    english: Vectors  # (384,)
    differences: Vectors  # (languages, 384)
    squares: Vectors  # their squared lengths, (languages,)


def towards_english(vector: Vectors, text: str) -> Vectors:
    """The vector (384,) of a passage without what its language adds: no longer of length 1, but a little shorter."""
    if is_english(text):
        return vector
    moved: Vectors = vector - np.float32(SHARE) * (shares_of(vector) @ _languages().differences)
    return moved


def language_of(vector: Vectors) -> str:
    """The language of a text by its vector, as the network gives it."""
    shares = shares_of(vector)
    return _languages().names[int(shares.argmax())] if shares.any() else ENGLISH


def shares_of(vector: Vectors) -> Vectors:
    """How much of a text is in which language, float32 (languages,): their sum is 1, or 0 for English."""
    known = _languages()
    along = known.differences @ (vector - known.english)
    nearness = along - known.squares / 2  # half of how much nearer its mean is than that of English, squared distances
    nearest = int(nearness.argmax())
    if along[nearest] <= FAR_ENOUGH * known.squares[nearest]:
        return np.zeros_like(nearness)
    weights = np.exp((nearness - nearness[nearest]) / np.float32(UNDECIDED))
    shares: Vectors = weights / weights.sum()
    return shares


def is_english(text: str) -> bool:
    """Whether its words leave no doubt. Code and names do."""
    words = _WORD.findall(text.lower())
    frequent = sum(word in ENGLISH_WORDS for word in words)
    latin, letters = (len(pattern.findall(text)) for pattern in (_LATIN, _LETTER))
    return frequent >= ENGLISH_SHARE * len(words) and latin > LATIN_SHARE * letters


@cache
def _languages() -> _Languages:
    with np.load(FILE) as stored:
        means = {name: stored[name].astype(np.float32) for name in stored.files}
    english = means.pop(ENGLISH)
    differences = np.stack(list(means.values()))
    return _Languages(list(means), english, differences, (differences**2).sum(axis=1))
