"""Text recognition (OCR) by tesseract, where it is installed: tesserocr, and the data of the languages.

tesserocr carries the engine itself and runs it in this process: there is no other process to end, and no temporary
file. The languages come with the system, as Debian's tesseract-ocr-* packages. https://github.com/sirfz/tesserocr
"""

import importlib.util
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

# Chinese first: so tesseract sets no blanks between Chinese characters, and English comes out the same.
SIMPLIFIED, TRADITIONAL = "chi_sim", "chi_tra"
LANGUAGES = (SIMPLIFIED, TRADITIONAL, "eng")
NOT_INSTALLED = (
    "text recognition is not installed on this server (Debian's tesseract-ocr and tesseract-ocr-chi-sim, and "
    "Footnote's extra ocr)"
)
ORIENTATION = "osd"  # tesseract's name for the data by which it sees pages that lie on their side
_FOLDERS = ("usr/share/tesseract-ocr/*/tessdata", "usr/share/tessdata", "usr/share/tesseract/tessdata")
_FITS = 80  # confidence: a page in the other script of Chinese has about 50
_SOME_HAN = 0.1
_HAN = re.compile("[\u3400-\u9fff]")


class RecognitionMisconfigured(Exception):
    """A language is asked for that is not there."""


class NotRecognised(Exception):
    """A page was given up: it took too long, or tesseract failed."""


@dataclass(frozen=True, slots=True)
class Word:
    """`confidence` is tesseract's own, from 0 to 100. Sides in pixels."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    confidence: float


@dataclass(frozen=True, slots=True)
class TextLine:
    """Words of one line in the order of reading, in pixels from the picture's upper left corner.

    The baseline goes from `begin` to `end`, as (x, y). `turn` is as of a pdf.content.Run.
    """

    words: tuple[Word, ...]
    begin: tuple[int, int]
    end: tuple[int, int]
    height: float  # of its letters, with what goes above and below most of them
    turn: int


Recognise = Callable[["Image"], list[TextLine]]


@dataclass(frozen=True)
class Installed:
    """The languages to be recognised, and the folder of their data."""

    folder: Path
    languages: tuple[str, ...]


def find(wanted: Sequence[str], folder: str = "") -> Installed | None:
    """What is installed of the languages `wanted`, which are LANGUAGES if it is empty; None if there is nothing.

    `folder` is where their data is, "" for the usual places. Raises RecognitionMisconfigured if a language that is
    asked for is missing.
    """
    if importlib.util.find_spec("tesserocr") is None:
        if wanted:
            raise RecognitionMisconfigured(f"No text can be recognised in {', '.join(wanted)}: {NOT_INSTALLED}.")
        return None
    usual = (place for pattern in _FOLDERS for place in sorted(Path("/").glob(pattern), reverse=True))
    place = Path(folder) if folder else next(usual, None)
    there = {file.stem for file in place.glob("*.traineddata")} if place else set()
    if missing := [language for language in wanted if language not in there]:
        known = ", ".join(sorted(there - {ORIENTATION})) or "none"
        raise RecognitionMisconfigured(f"Text recognition does not know {', '.join(missing)}; installed are: {known}.")
    chosen = tuple(wanted or (language for language in LANGUAGES if language in there))
    return Installed(place, chosen) if place and chosen else None


class Recogniser:
    """tesseract, started on first use and then kept. Reading a page may take `page_seconds`.

    Simplified and Traditional Chinese are never read at once, or tesseract mixes them on one page: Traditional is tried
    where the page is Chinese and Simplified does not fit.
    """

    def __init__(self, installed: Installed, page_seconds: float) -> None:
        self._folder = installed.folder
        self._page_seconds = page_seconds
        both = {SIMPLIFIED, TRADITIONAL} <= set(installed.languages)
        without = ((TRADITIONAL,), (SIMPLIFIED,)) if both else ((),)
        self._choices = [tuple(name for name in installed.languages if name not in left_out) for left_out in without]
        self._apis: dict[tuple[str, ...], Any] = {}

    def lines(self, picture: "Image") -> list[TextLine]:
        """The lines of text on a picture of a page. Raises NotRecognised."""
        best: list[TextLine] = []
        for languages in self._choices:
            found = self._read(picture, languages)
            if confidence(found) >= confidence(best):
                best = found
            if confidence(found) >= _FITS or not _is_chinese(found):
                break
        return best

    def _read(self, picture: "Image", languages: tuple[str, ...]) -> list[TextLine]:
        try:
            if languages not in self._apis:
                self._apis[languages] = self._started(languages)
            api = self._apis[languages]
            api.SetImage(picture)
            if not api.Recognize(round(1000 * self._page_seconds)):
                raise NotRecognised(f"recognising its text took longer than {self._page_seconds:g} s")
            found = list(_lines(api))
            api.Clear()
        except RuntimeError as error:  # tesserocr knows no other
            raise NotRecognised(f"tesseract: {error}") from error
        return found

    def _started(self, languages: tuple[str, ...]) -> Any:
        os.environ["OMP_THREAD_LIMIT"] = "1"  # where it is built for several threads, they only wait for each other
        import tesserocr

        can_turn = (self._folder / f"{ORIENTATION}.traineddata").exists()
        return tesserocr.PyTessBaseAPI(
            path=str(self._folder),
            lang="+".join(languages),
            psm=tesserocr.PSM.AUTO_OSD if can_turn else tesserocr.PSM.AUTO,
            variables={"debug_file": os.devnull},
        )


def confidence(lines: Sequence[TextLine]) -> float:
    """tesseract's, of a letter on average; 0.0 where there is none."""
    words = [word for line in lines for word in line.words]
    letters = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / letters if letters else 0.0


def _is_chinese(lines: Sequence[TextLine]) -> bool:
    text = "".join(word.text for line in lines for word in line.words)
    return len(_HAN.findall(text)) > _SOME_HAN * len(text)


def _lines(api: Any) -> Iterator[TextLine]:
    from tesserocr import RIL, iterate_level

    words: list[Word] = []
    places: Iterator[Any] = iterate_level(api.GetIterator(), RIL.WORD)
    for place in places:
        if place.Empty(RIL.WORD):
            continue
        text = place.GetUTF8Text(RIL.WORD)
        if text.strip():  # blank are pictures, and lines between columns
            left, top, right, bottom = place.BoundingBox(RIL.WORD)
            words.append(Word(text, left, top, right, bottom, place.Confidence(RIL.WORD)))
        if words and place.IsAtFinalElement(RIL.TEXTLINE, RIL.WORD):
            begin, end = place.Baseline(RIL.TEXTLINE)
            height = place.RowAttributes()["row_height"]
            yield TextLine(tuple(words), begin, end, height, turn=-place.Orientation()[0] % 4)
            words = []
