"""Text recognition (OCR) by tesseract, if tesserocr and language data are installed.

tesserocr contains the engine and runs it in this process: there is no further process to manage and no temporary
file. Language data comes from the system, as Debian's tesseract-ocr-* packages. https://github.com/sirfz/tesserocr
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

# Chinese first: then tesseract puts no spaces between Chinese characters, and English results do not change.
SIMPLIFIED, TRADITIONAL = "chi_sim", "chi_tra"
LANGUAGES = (SIMPLIFIED, TRADITIONAL, "eng")
NOT_INSTALLED = (
    "text recognition is not installed on this server (Debian's tesseract-ocr and tesseract-ocr-chi-sim, and "
    "Footnote's extra ocr)"
)
ORIENTATION = "osd"  # tesseract's data for detecting rotated pages
_FOLDERS = ("usr/share/tesseract-ocr/*/tessdata", "usr/share/tessdata", "usr/share/tesseract/tessdata")
_GOOD_CONFIDENCE = 80  # a page in the other Chinese script has about 50
_MIN_HAN_SHARE = 0.1
_HAN = re.compile("[\u3400-\u9fff]")


class RecognitionMisconfigured(Exception):
    """A requested language is not installed."""


class NotRecognised(Exception):
    """A page could not be read: it took too long, or tesseract failed."""


@dataclass(frozen=True, slots=True)
class Word:
    """`confidence` is tesseract's, from 0 to 100. Coordinates are in pixels."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    confidence: float


@dataclass(frozen=True, slots=True)
class TextLine:
    """The words of one line in reading order, in pixels from the picture's upper left corner.

    The baseline goes from `begin` to `end`, both (x, y). For `turn` see pdf.runs.Run.
    """

    words: tuple[Word, ...]
    begin: tuple[int, int]
    end: tuple[int, int]
    height: float  # of the letters, including ascenders and descenders
    turn: int


Recognise = Callable[["Image"], list[TextLine]]


@dataclass(frozen=True)
class Installed:
    """The languages to recognise, and the folder of their data."""

    folder: Path
    languages: tuple[str, ...]


def find(wanted: Sequence[str], folder: str = "") -> Installed | None:
    """The installed languages among `wanted`, or among LANGUAGES if that is empty; None if there are none.

    `folder` is where their data is; "" searches the usual folders. Raises RecognitionMisconfigured if a language in
    `wanted` is missing.
    """
    if importlib.util.find_spec("tesserocr") is None:
        if wanted:
            raise RecognitionMisconfigured(f"No text can be recognised in {', '.join(wanted)}: {NOT_INSTALLED}.")
        return None
    usual = (path for pattern in _FOLDERS for path in sorted(Path("/").glob(pattern), reverse=True))
    data = Path(folder) if folder else next(usual, None)
    installed = {file.stem for file in data.glob("*.traineddata")} if data else set()
    if missing := [language for language in wanted if language not in installed]:
        known = ", ".join(sorted(installed - {ORIENTATION})) or "none"
        raise RecognitionMisconfigured(f"Text recognition does not know {', '.join(missing)}; installed are: {known}.")
    chosen = tuple(wanted or (language for language in LANGUAGES if language in installed))
    return Installed(data, chosen) if data and chosen else None


class Recogniser:
    """tesseract, started on first use and then kept. A page may take `page_seconds`.

    Simplified and Traditional Chinese are never enabled together, because tesseract would mix them on one page.
    Traditional is tried if the page is Chinese and the result with Simplified is poor.
    """

    def __init__(self, installed: Installed, page_seconds: float) -> None:
        self._folder = installed.folder
        self._page_seconds = page_seconds
        both = {SIMPLIFIED, TRADITIONAL} <= set(installed.languages)
        without = ((TRADITIONAL,), (SIMPLIFIED,)) if both else ((),)
        self._choices = [tuple(name for name in installed.languages if name not in left_out) for left_out in without]
        self._apis: dict[tuple[str, ...], Any] = {}

    def lines(self, picture: "Image") -> list[TextLine]:
        """The text lines on a picture of a page. Raises NotRecognised."""
        best: list[TextLine] = []
        for languages in self._choices:
            found = self._read(picture, languages)
            if confidence(found) >= confidence(best):
                best = found
            if confidence(found) >= _GOOD_CONFIDENCE or not _is_chinese(found):
                break
        return best

    def _read(self, picture: "Image", languages: tuple[str, ...]) -> list[TextLine]:
        try:
            if languages not in self._apis:
                self._apis[languages] = self._start(languages)
            api = self._apis[languages]
            api.SetImage(picture)
            if not api.Recognize(round(1000 * self._page_seconds)):
                raise NotRecognised(f"recognising its text took longer than {self._page_seconds:g} s")
            found = list(_lines(api))
            api.Clear()
        except RuntimeError as error:  # the only exception tesserocr raises
            raise NotRecognised(f"tesseract: {error}") from error
        return found

    def _start(self, languages: tuple[str, ...]) -> Any:
        os.environ["OMP_THREAD_LIMIT"] = "1"  # in multi-threaded builds the threads only wait for each other
        import tesserocr

        can_turn = (self._folder / f"{ORIENTATION}.traineddata").exists()
        return tesserocr.PyTessBaseAPI(
            path=str(self._folder),
            lang="+".join(languages),
            psm=tesserocr.PSM.AUTO_OSD if can_turn else tesserocr.PSM.AUTO,
            variables={"debug_file": os.devnull},
        )


def confidence(lines: Sequence[TextLine]) -> float:
    """Average confidence per letter; 0.0 without letters."""
    words = [word for line in lines for word in line.words]
    letters = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / letters if letters else 0.0


def _is_chinese(lines: Sequence[TextLine]) -> bool:
    text = "".join(word.text for line in lines for word in line.words)
    return len(_HAN.findall(text)) > _MIN_HAN_SHARE * len(text)


def _lines(api: Any) -> Iterator[TextLine]:
    from tesserocr import RIL, iterate_level

    words: list[Word] = []
    results: Iterator[Any] = iterate_level(api.GetIterator(), RIL.WORD)
    for result in results:
        if result.Empty(RIL.WORD):
            continue
        text = result.GetUTF8Text(RIL.WORD)
        if text.strip():  # pictures and rules between columns are blank
            left, top, right, bottom = result.BoundingBox(RIL.WORD)
            words.append(Word(text, left, top, right, bottom, result.Confidence(RIL.WORD)))
        if words and result.IsAtFinalElement(RIL.TEXTLINE, RIL.WORD):
            begin, end = result.Baseline(RIL.TEXTLINE)
            height = result.RowAttributes()["row_height"]
            yield TextLine(tuple(words), begin, end, height, turn=-result.Orientation()[0] % 4)
            words = []
