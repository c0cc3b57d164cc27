"""Citations stay valid through new indexes, presets and parsing; meanwhile nothing is found twice."""

import html
import re
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kb.indexing import build, generations, parse
from kb.library import collections, documents
from kb.models import Collection, Document, Status, Version, VersionText
from kb.parsing.process import Parser
from kb.searching import search
from kb.storage import files
from retrieval import build as index
from retrieval.models import IndexedVersion, Passage
from retrieval.options import SearchOptions
from tests.conftest import Upload, signed_in, work
from tests.indexing.conftest import assert_whole, indexing, passages

STEPS = [
    "Green tea wants seventy degrees, 水温七十度。",
    "Black tea bears boiling water.",
    "White tea wants patience. 😀",
]
TEXT = "# Tea\n\n" + "\n\n".join(
    f"## Step {n}\n\n{step} " + "Then wait a little. " * 20 for n, step in enumerate(STEPS)
)


def found(user: User, question: str, **options: Any) -> list[search.FoundPassage]:
    return search.search(user, None, question, SearchOptions(**options)).hits


def opened(user: User, url: str) -> str:
    """The words that a footnote's address highlights."""
    page = signed_in(user).get(url.partition("#")[0]).content.decode()
    marked = "".join(re.findall(r"<mark[^>]*>(.*?)</mark>", page, re.DOTALL))
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", marked)).split())


def index_again(document: Document, alice: User, folder: Path) -> None:
    assert documents.reindex(Version.objects.all(), alice) == 1


def split_otherwise(document: Document, alice: User, folder: Path) -> None:
    documents.change(document, alice, preset="narrative")


def split_all_otherwise(document: Document, alice: User, folder: Path) -> None:
    collections.change_preset(document.collection, alice, "legal")


def shorter_vectors(document: Document, alice: User, folder: Path) -> None:
    generations.start(document.collection, alice, dimensions=16, activate_when_complete=True)


def read_again(document: Document, alice: User, folder: Path) -> None:
    assert documents.parse_again(Document.objects.all(), alice) == 1


def replace(document: Document, alice: User, folder: Path) -> None:
    source = folder / "next.md"
    source.write_text("# Tea\n\nGreen tea wants eighty degrees after all.")
    with files.copied(source) as incoming:
        documents.replace(document, alice, incoming)


Change = Callable[[Document, User, Path], None]
CHANGES = [index_again, split_otherwise, split_all_otherwise, shorter_vectors, read_again, replace]


@pytest.mark.parametrize("change", CHANGES)
def test_a_footnote_opens_the_same_words(ready: Upload, alice: User, change: Change, tmp_path: Path) -> None:
    document = ready("tea.md", TEXT)
    cited = [hit.url for hit in found(alice, "green tea degrees")]
    assert len(cited) > 1
    before = {url: opened(alice, url) for url in cited}
    assert any("seventy degrees, 水温七十度。" in words for words in before.values())
    api = signed_in(alice)
    text = api.get(f"/api/v1/documents/{document.pk}/text/?version=1").json()

    change(document, alice, tmp_path)
    assert {url: opened(alice, url) for url in cited} == before, "while a worker is about to begin"
    work()
    assert {url: opened(alice, url) for url in cited} == before
    assert api.get(f"/api/v1/documents/{document.pk}/text/?version=1").json() == text


def test_a_footnote_survives_all_changes_in_sequence(ready: Upload, alice: User, tmp_path: Path) -> None:
    document = ready("tea.md", TEXT)
    (url, *_more) = [hit.url for hit in found(alice, "white tea patience")]
    words = opened(alice, url)
    assert "White tea wants patience. 😀" in words
    for change in CHANGES:
        document = Document.objects.select_related("collection", "latest").get(pk=document.pk)
        change(document, alice, tmp_path)
        work()
        assert opened(alice, url) == words, change.__name__
        generation = Document.objects.get(pk=document.pk).collection.generation_id
        assert IndexedVersion.objects.get(generation=generation).status == Status.READY
        assert_whole(generation)
    assert [version.number for version in document.versions.order_by("number")] == [1, 2, 3]


@pytest.mark.parametrize("change", CHANGES)
def test_each_passage_is_found_once_before_meanwhile_and_after(
    ready: Upload, alice: User, change: Change, tmp_path: Path
) -> None:
    document = ready("tea.md", TEXT)
    before = [hit.passage.pk for hit in found(alice, "tea", limit=100)]
    change(document, alice, tmp_path)
    assert [hit.passage.pk for hit in found(alice, "tea", limit=100)] == before, "the old one serves"
    work()
    after = [(hit.version.pk, hit.passage.start) for hit in found(alice, "tea", limit=100)]
    assert len(after) == len(set(after)) == len(passages(Collection.objects.get().generation))
    assert {version for version, _start in after} == {Document.objects.get().newest.pk}


@pytest.mark.django_db(transaction=True)
def test_passages_are_replaced_in_one_transaction(
    ready: Upload, collection: Collection, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search while new passages are written finds all of the old ones."""
    document = ready("tea.md", TEXT)
    before = passages()
    documents.change(document, alice, preset="narrative")
    publish = index.publish
    seen: list[object] = []

    def look() -> None:
        seen.append(passages())
        connection.close()

    def watched(*args: Any) -> None:
        for is_written in (False, True):
            if is_written:
                publish(*args)
            onlooker = Thread(target=look)
            onlooker.start()
            onlooker.join()

    monkeypatch.setattr(index, "publish", watched)
    build.build(indexing(document).pk)
    assert seen == [before, before]
    assert indexing(document).preset == "narrative"


def test_what_fails_to_be_indexed_again_is_found_as_before(
    ready: Upload, collection: Collection, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = ready("tea.md", TEXT)
    before = passages()
    documents.reindex(Version.objects.all(), alice)
    monkeypatch.setattr(index, "publish", lambda *args: 1 / 0)
    work()
    assert indexing(document).tries == 1
    assert passages() == before
    monkeypatch.undo()
    IndexedVersion.objects.update(not_before=None)
    work()
    assert indexing(document).status == Status.READY
    assert_whole(collection.generation)


def test_reading_again_makes_a_version_with_the_same_file(ready: Upload, alice: User) -> None:
    document = ready("tea.md", TEXT)
    read_again(document, alice, Path())
    first, second = document.versions.order_by("number")
    assert (first.sha256, first.filename) == (second.sha256, second.filename)
    assert (first.status, second.status) == (Status.READY, Status.QUEUED)
    assert documents.parse_again(Document.objects.all(), alice) == 0, "it waits to be read anyway"
    work()
    assert VersionText.objects.count() == 2
    assert list(files.kept()) == [first.sha256]
    documents.remove(Document.objects.all(), alice)
    assert not Passage.objects.exists()


def test_a_better_parser_gives_another_text_and_leaves_the_first_alone(
    ready: Upload, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = ready("tea.md", TEXT)
    (url, *_more) = [hit.url for hit in found(alice, "white tea patience")]
    words = opened(alice, url)
    read_again(document, alice, Path())
    better = Parser.parse
    with files.copied(_file(TEXT.replace("patience", "much patience"), document)) as incoming:

        def parse_better(parser: Parser, path: Path, *args: Any) -> Any:
            return better(parser, incoming.path, *args)

        monkeypatch.setattr(Parser, "parse", parse_better)
        parse.parse(Document.objects.get().newest.pk)
    assert opened(alice, url) == words
    hits = found(alice, "white tea much patience")
    assert "much patience" in hits[0].passage.text
    assert hits[0].version.number == 2


def _file(content: str, document: Document) -> Path:
    path = files.path_of(document.newest.sha256).with_name("better.md")
    path.write_text(content)
    return path


def test_indexing_again_takes_as_many_statements_for_many_as_for_one(ready: Upload, alice: User) -> None:
    def statements() -> int:
        IndexedVersion.objects.update(status=Status.READY)
        with CaptureQueriesContext(connection) as captured:
            documents.reindex(Version.objects.all(), alice)
        return len(captured)

    ready("0.md", "Tea.")
    few = statements()
    for number in range(1, 6):
        ready(f"{number}.md", f"Tea {number}.")
    assert statements() == few
