"""Text recognition itself: what is installed, and tesseract on pictures made here."""

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.parsing import recognition
from kb.parsing.media_type import PDF
from kb.parsing.parsed import Parsed
from kb.parsing.process import Parser
from kb.parsing.recognition import Installed, NotRecognised, Recogniser, RecognitionMisconfigured
from tests.parsing.pictures import picture_of, scan

ENGLISH = ("# On lamps", "The lamps in the lower room burn oil.", "They are lit at dusk by the keeper.")
SIMPLIFIED = ("# 第一章 总则", "为了规范数据处理活动，保障数据安全，制定本法。", "本法所称数据，是指对信息的记录。")
TRADITIONAL = ("# 第一章 總則", "為了規範資料處理活動，保障資料安全，制定本法。", "臺灣的歷史可以追溯到舊石器時代。")


@pytest.fixture(scope="module")
def installed() -> Installed:
    found = recognition.find([])
    if found is None or set(recognition.LANGUAGES) - set(found.languages):
        reason = "no text recognition: install Debian's tesseract-ocr, -chi-sim and -chi-tra, then the extra ocr"
        if os.environ.get("FOOTNOTE_REQUIRE_OCR"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A folder with the data of those languages, with tesserocr installed."""

    def make(*languages: str) -> str:
        for language in languages:
            (tmp_path / f"{language}.traineddata").touch()
        return str(tmp_path)

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    return make


class TestInstalled:
    def test_installed_english_and_chinese_are_used(self, data: Callable[..., str]) -> None:
        found = recognition.find([], data("eng", "osd", "deu", "chi_sim"))
        assert found is not None
        assert found.languages == ("chi_sim", "eng")

    def test_other_languages_are_used_on_request(self, data: Callable[..., str]) -> None:
        found = recognition.find(["deu"], data("eng", "deu"))
        assert found is not None
        assert found.languages == ("deu",)

    def test_a_missing_language_is_reported_with_the_installed_ones(self, data: Callable[..., str]) -> None:
        with pytest.raises(RecognitionMisconfigured, match=r"does not know fra; installed are: deu, eng\."):
            recognition.find(["eng", "fra"], data("eng", "deu", "osd"))

    def test_without_languages_there_is_no_recognition(self, data: Callable[..., str]) -> None:
        assert recognition.find([], data()) is None

    def test_without_the_extra_there_is_no_recognition_either(
        self, data: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        assert recognition.find([], data("eng")) is None

    def test_without_the_extra_no_language_can_be_requested(
        self, data: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
        with pytest.raises(RecognitionMisconfigured, match="extra ocr"):
            recognition.find(["eng"], data("eng"))


def characters(text: str) -> str:
    """Without spaces and punctuation: a comma may be wide or narrow."""
    return "".join(filter(str.isalnum, text))


class TestTesseract:
    def parse(self, installed: Installed, path: Path, *pages: str, chinese: bool = False, turned: int = 0) -> Parsed:
        """Parses a scan as a worker does."""
        picture = picture_of(*pages, chinese=chinese).rotate(turned, expand=True)
        path.write_bytes(scan(picture))
        with Parser(seconds=60, memory_bytes=2 * 1024**3, max_characters=10_000, recognition=installed) as parser:
            return parser.parse(path, "scan.pdf", PDF, lambda done, total: None, lambda: None)

    def test_an_english_scan_has_its_text_and_heading(self, installed: Installed, tmp_path: Path) -> None:
        parsed = self.parse(installed, tmp_path / "a.pdf", *ENGLISH)
        assert parsed.text.split("\n\n") == ["On lamps", *ENGLISH[1:]]
        assert [section.title for section in parsed.sections] == ["On lamps"]

    @pytest.mark.parametrize("lines", [SIMPLIFIED, TRADITIONAL])
    def test_a_chinese_scan_has_its_own_characters(
        self, lines: tuple[str, ...], installed: Installed, tmp_path: Path
    ) -> None:
        text = self.parse(installed, tmp_path / "a.pdf", *lines, chinese=True).text
        assert characters(text) == characters("".join(lines))

    def test_a_page_that_lies_on_its_side_is_read(self, installed: Installed, tmp_path: Path) -> None:
        parsed = self.parse(installed, tmp_path / "a.pdf", *ENGLISH, turned=90)
        assert parsed.text.split("\n\n") == ["On lamps", *ENGLISH[1:]]

    def test_an_empty_page_has_no_lines(self, installed: Installed) -> None:
        assert Recogniser(installed, 60).lines(picture_of()) == []

    def test_a_page_that_takes_too_long_is_given_up(self, installed: Installed) -> None:
        with pytest.raises(NotRecognised, match=r"longer than 0\.01 s"):
            Recogniser(installed, 0.01).lines(picture_of(*ENGLISH * 10))

    def test_damaged_data_is_reported(self, installed: Installed, tmp_path: Path) -> None:
        (tmp_path / "eng.traineddata").write_bytes(b"nothing")
        with pytest.raises(NotRecognised, match="tesseract"):
            Recogniser(Installed(tmp_path, ("eng",)), 60).lines(picture_of(*ENGLISH))
