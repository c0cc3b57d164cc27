"""Measures how long text recognition takes for a page, and how much of its text it finds.

    python -m benchmarks.recognition FOLDER [FOLDER ...] [--pages 2] [--dpi 200]

The first pages of each PDF are drawn at a scanner's resolution and recognised. Words in Latin letters and Chinese
characters are compared with those of the text layer, counting repetitions. Pages with fewer than 100 of them are left
out.
"""

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pypdfium2 as pdfium

from kb.parsing import recognition
from kb.parsing.pdf.scans import DPI, POINTS

FEW = 100
WORD = re.compile(r"[\u3400-\u9fff]|[A-Za-z0-9]+")
HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Page:
    name: str
    is_chinese: bool
    cpu_seconds: float
    words: int
    found: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--pages", type=int, default=2, help="of each file")
    parser.add_argument("--dpi", type=int, default=200, help="how finely they are scanned")
    options = parser.parse_args()
    installed = recognition.find([])
    if installed is None:
        raise SystemExit(recognition.NOT_INSTALLED)
    recogniser = recognition.Recogniser(installed, page_seconds=600)
    pages = list(measured(options.folders, options.pages, options.dpi, recogniser))
    for kind, chosen in (("Chinese", True), ("other", False)):
        some = [page for page in pages if page.is_chinese is chosen]
        if some:
            seconds = median(page.cpu_seconds for page in some)
            found = median(page.found / page.words for page in some)
            print(f"{kind}: {len(some)} pages; the middle one takes {seconds:.1f} s of CPU and has {found:.1%} found")


def measured(folders: list[Path], pages: int, dpi: int, recogniser: recognition.Recogniser) -> Iterator[Page]:
    for path in sorted(path for folder in folders for path in folder.rglob("*.pdf")):
        try:
            with pdfium.PdfDocument(path) as document:
                for index in range(min(pages, len(document))):
                    there = Counter(WORD.findall(document[index].get_textpage().get_text_range()))
                    if there.total() >= FEW:
                        page = recognised(f"{path.name} {index + 1}", document[index], there, dpi, recogniser)
                        print(f"{page.cpu_seconds:6.1f} s {page.found / page.words:6.1%}  {page.name}", flush=True)
                        yield page
        except pdfium.PdfiumError as error:
            print(f"left out {path.name}: {error}")


def recognised(name: str, page: Any, there: Counter[str], dpi: int, recogniser: recognition.Recogniser) -> Page:
    picture = page.render(scale=dpi / POINTS, grayscale=True).to_pil()
    begun = time.process_time()
    lines = recogniser.lines(picture.resize([round(side * DPI / dpi) for side in picture.size]))
    seconds = time.process_time() - begun
    found = Counter(word for line in lines for word in WORD.findall(" ".join(word.text for word in line.words)))
    han = sum(count for word, count in there.items() if HAN.match(word))
    return Page(name, 2 * han > there.total(), seconds, there.total(), (there & found).total())


if __name__ == "__main__":
    main()
