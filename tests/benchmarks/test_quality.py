"""The benchmark on sets of a few sentences, with an engine that compares words."""

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from fpdf import FPDF

from benchmarks.quality import __main__ as command
from benchmarks.quality import compare
from benchmarks.quality.read import moved
from benchmarks.quality.sets import NoSuchSet, sets_of
from embedding.engine import Vectors
from embedding.instructions import TEXTS
from embedding.prompts import Role
from kb.models import Document
from retrieval.evaluation import Span
from retrieval.models import CachedEmbedding, Passage
from tests.engines import WordsEngine

pytestmark = pytest.mark.django_db

SOUP = "Soup\n\n\n\n\nBoil the water.   \nAdd onions to the pot and wait. Serve it with parsley."
BREAD = "Bread\n\nKnead the dough for ten minutes. Bake it in the oven at high heat."
TEA = "Tea\n\nPour hot water over the leaves."

Run = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "sets"
    write_set(
        folder / "kitchen",
        corpus=[("soup.txt", SOUP), ("bread.txt", BREAD), ("tea.txt", TEA)],
        queries=[
            ("When do onions go into the pot?", span("soup.txt", SOUP, "Add onions to the pot and wait.")),
            ("How long to knead dough?", span("bread.txt", BREAD, "Knead the dough for ten minutes.")),
            ("What is poured over leaves?", span("tea.txt", TEA, "Pour hot water over the leaves.")),
        ],
    )
    return folder


def write_set(folder: Path, corpus: list[tuple[str, str]], queries: list[tuple[str, dict[str, Any]]]) -> None:
    folder.mkdir(parents=True)
    documents = [{"id": id, "title": "", "text": text} for id, text in corpus]
    questions = [{"id": str(number), "text": text, "gold": [gold]} for number, (text, gold) in enumerate(queries)]
    for name, lines in (("corpus", documents), ("queries", questions)):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))


def span(document: str, text: str, words: str) -> dict[str, Any]:
    start = text.index(words)
    return {"doc": document, "start": start, "end": start + len(words)}


@pytest.fixture
def run(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in this process and on this database; gives what it writes as JSON."""
    cache, out = tmp_path / "cache", tmp_path / "out.json"
    cache.mkdir()

    def run_command(*words: str) -> list[dict[str, Any]]:
        fixed = [str(folder), "--engine", "words", "--cache", str(cache), "--json", str(out)]
        monkeypatch.setattr(sys, "argv", ["quality", *fixed, *words])
        command.measure(command.arguments())
        results: list[dict[str, Any]] = json.loads(out.read_text())
        return results

    return run_command


def figures(result: dict[str, Any], mode: str) -> dict[str, float]:
    (found,) = [outcome["figures"] for outcome in result["indexed"]["outcomes"] if outcome["mode"] == mode]
    assert isinstance(found, dict)
    return found


def test_every_question_finds_its_document_and_the_words_in_it(run: Run) -> None:
    (result,) = run()

    assert (result["set"], result["questions"], result["indexed"]["passages"]) == ("kitchen", 3, 3)
    for mode in ("lexical", "hybrid"):
        found = figures(result, mode)
        assert found["hit@1"] == found["nDCG@10"] == found["span recall@5"] == found["span recall@2000c"] == 1
        assert 0 < found["span precision@5"] < 1
    assert figures(result, "dense")["recall@5"] == 1


def test_two_chunkers_are_compared_in_one_run(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    ours, fixed = run("--chunker", "ours", "fixed:20", "--modes", "lexical")

    whole = sum(len(re.findall(r"(?s).{1,20}", text)) for text in (SOUP, BREAD, TEA))
    assert fixed["indexed"]["passages"] <= whole  # the parser takes blanks away
    assert fixed["indexed"]["mean_characters"] <= 20
    ratio = figures(ours, "lexical")["span precision@5"] / figures(fixed, "lexical")["span precision@5"]
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("span precision@5 ")]
    assert line.endswith(f" {ratio:.2f}")


def test_pages_count_where_the_evidence_is(run: Run, folder: Path) -> None:
    pdf = FPDF()
    pdf.set_font("Helvetica", size=12)
    for word in ("apples", "pears", "plums", "grapes", "figs", "dates", "limes"):
        pdf.add_page()
        pdf.write(text=f"This page of the annual report speaks of {word} and of nothing else.")
    (folder / "reports" / "pdf").mkdir(parents=True)
    pdf.output(str(folder / "reports" / "pdf" / "fruit.pdf"))
    right = {"id": "1", "text": "figs?", "gold": [{"doc": "fruit.pdf", "page": 5}]}
    wrong = {"id": "2", "text": "limes?", "gold": [{"doc": "fruit.pdf", "page": 1}]}
    (folder / "reports" / "queries.jsonl").write_text(f"{json.dumps(right)}\n{json.dumps(wrong)}")

    ours, page = run("--sets", "reports", "--chunker", "ours", "page", "--modes", "lexical")

    assert page["indexed"]["passages"] == 7
    assert figures(page, "lexical")["page recall@5"] == 1 / 2
    assert figures(ours, "lexical")["recall@5"] == 1


def test_only_sets_with_pages_are_split_at_pages(run: Run) -> None:
    (result,) = run("--chunker", "ours", "page")
    assert result["chunker"] == "ours"


def test_questions_of_one_language_are_put_to_the_other(run: Run, folder: Path) -> None:
    for name, text in (("fish-en", "Tea and bread."), ("fish-de", "Tee und Brot.")):
        write_set(folder / name, corpus=[("1", text)], queries=[(text, {"doc": "1"})])

    results = run("--cross", "--modes", "lexical")

    assert [result["set"] for result in results] == ["fish-de>fish-en", "fish-en>fish-de"]
    assert figures(results[0], "lexical")["hit@1"] == 0  # they share no word


def test_a_collection_can_be_mixed_of_two_translations(run: Run, folder: Path) -> None:
    corpora = {"one": ["tea leaves", "dough and oven", "soup of onions"], "two": ["茶叶", "面团和烤箱", "洋葱汤"]}
    for name, texts in corpora.items():
        lines = [{"id": str(place), "title": f"{name} {place}", "text": text} for place, text in enumerate(texts)]
        asked = [{"id": f"q{place}", "text": text, "gold": [{"doc": str(place)}]} for place, text in enumerate(texts)]
        (folder / name).mkdir()
        (folder / name / "corpus.jsonl").write_text("\n".join(map(json.dumps, lines)))
        (folder / name / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)))
    results = run("--mixed", "--modes", "lexical")
    found = {result["set"]: (result["questions"], figures(result, "lexical")["hit@1"]) for result in results}
    assert found == {
        "one>one in both": (2, 1),
        "one>two in both": (1, 0),
        "two>one in both": (2, 0),
        "two>two in both": (1, 1),
    }


def test_two_results_are_told_apart_question_by_question(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--modes", "lexical", "hybrid")
    same = tmp_path / "out.json"
    worse = json.loads(same.read_text())
    for outcome in worse[0]["indexed"]["outcomes"]:
        assert outcome["each"].keys() == {"0", "1", "2"}
        outcome["each"] = dict.fromkeys(outcome["each"], 0.5)
    (tmp_path / "worse.json").write_text(json.dumps(worse))
    monkeypatch.setattr(sys, "argv", ["compare", str(same), str(tmp_path / "worse.json")])
    capsys.readouterr()
    compare.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines] == [["kitchen", "ours", "lexical"], ["kitchen", "ours", "hybrid"]]
    assert all(line.endswith("-0.500 [-0.500, -0.500]") for line in lines)


def test_what_is_finished_is_not_measured_again_unless_asked_for(run: Run, engine: WordsEngine) -> None:
    first = run()
    embedded = len(engine.embedded)

    assert run() == first
    (again,) = run("--again")

    assert again["indexed"]["split_seconds"] != first[0]["indexed"]["split_seconds"]
    again_embedded = engine.embedded[embedded:]
    assert all(text.endswith("?") for text in again_embedded), "vectors of passages are kept"


def test_a_set_that_changed_is_measured_again(run: Run, folder: Path) -> None:
    run()
    with (folder / "kitchen" / "corpus.jsonl").open("a") as corpus:
        corpus.write("\n" + json.dumps({"id": "salt.txt", "title": "", "text": "Salt."}))

    (result,) = run()

    assert result["indexed"]["documents"] == 4


def test_only_vectors_stay_in_the_database(run: Run) -> None:
    run()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM retrieval_posting")
        assert cursor.fetchone() == (0,)
    assert not Passage.objects.exists()
    assert not Document.objects.exists()
    assert CachedEmbedding.objects.count() == 6, "three passages and three questions"


def test_asking_by_words_alone_embeds_nothing(run: Run, engine: WordsEngine) -> None:
    (result,) = run("--modes", "lexical")

    assert figures(result, "lexical")["hit@1"] == 1
    assert engine.embedded == []


def test_a_quick_look_asks_the_first_questions(run: Run) -> None:
    (result,) = run("--questions", "2", "--modes", "lexical")
    assert result["questions"] == 2


def test_spans_follow_the_white_space_that_the_parser_takes_away() -> None:
    source, text = "a  \n\n\n\n\nbc d", "a\n\n\nbc d"
    gold, blank = Span("x", 8, 10), Span("x", 1, 6)

    found = moved([gold, blank], source, text)

    assert found == {gold: Span("x", 4, 6)}
    assert text[4:6] == source[8:10] == "bc"


def test_signs_that_the_parser_leaves_out_do_not_move_a_gold_span() -> None:
    found = moved([Span("x", 3, 8), Span("x", 0, 2)], "== Title ==\ntext", "Title\ntext")

    assert found == {Span("x", 3, 8): Span("x", 0, 5)}


@pytest.mark.parametrize("text", ["Titel", "Title of", "Title"])
def test_spans_of_a_text_whose_words_changed_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="with gold spans"):
        moved([Span("x", 0, 1)], "# Title page", text)


def test_the_questions_answered_worst_are_told_with_what_was_found(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    (result,) = run("--worst", "--modes", "lexical")
    (outcome,) = result["indexed"]["outcomes"]
    assert [one["id"] for one in outcome["worst"]] == ["0", "1", "2"]
    assert outcome["worst"][2]["right"] == [["tea.txt", 5, 36]]
    assert outcome["worst"][2]["found"][0][0] == "tea.txt"
    assert "2: What is poured over leaves?" in capsys.readouterr().out


def test_vectors_of_whole_documents_can_be_weighed_in(run: Run) -> None:
    (light,) = run("--document-weight", "0.001", "--modes", "hybrid")
    (heavy,) = run("--document-weight", "1000", "--modes", "hybrid")
    found = [figures(result, "hybrid") for result in (light, heavy)]
    assert found[0]["nDCG@10 reordered"] == found[0]["nDCG@10"] == found[1]["nDCG@10"]
    assert found[1]["nDCG@10 reordered"] != found[1]["nDCG@10"]


def test_an_engine_that_takes_no_instruction_finds_the_same_with_any(run: Run, engine: WordsEngine) -> None:
    usual, law, auto = (run(*words)[0] for words in ((), ("--instruction", "law"), ("--instruction", "auto")))
    assert figures(usual, "dense") == figures(law, "dense") == figures(auto, "dense")
    assert law["indexed"]["instruction"] == ""


def test_questions_are_told_what_was_asked_for(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []

    def embed(self: WordsEngine, texts: Sequence[str], *, role: Role = Role.DOCUMENT, instruction: str = "") -> Vectors:
        told.append((role, instruction))
        return plain(self, texts)

    plain = WordsEngine.embed
    monkeypatch.setattr(WordsEngine, "embed", embed)
    monkeypatch.setattr(WordsEngine, "takes_instructions", True)
    for setting, sent in {
        "law": TEXTS["law"],
        "Find the step": "Find the step",
        "auto": TEXTS["web"],
        "none": "",
    }.items():
        told.clear()
        (result,) = run("--instruction", setting, "--modes", "dense", "--document-weight", "1")
        assert {instruction for role, instruction in told if role is Role.QUERY} == {sent}
        assert {instruction for role, instruction in told if role is Role.DOCUMENT} <= {""}
        assert ("questions told: " in capsys.readouterr().out) == (setting != "none")
        assert result["indexed"]["instruction"] == ("" if setting == "none" else setting)


def test_an_instruction_that_nobody_knows_is_refused(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--instruction", "lawn")
    assert "No instruction for questions is called 'lawn'" in capsys.readouterr().err


def test_a_set_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(NoSuchSet, match="garage"):
        sets_of(folder, ["garage"])


class TestAnswersAsSpans:
    """Sets of reading comprehension name documents and short answers: where such an answer stands must be found."""

    corpus = (("soup.txt", SOUP), ("bread.txt", BREAD))

    @pytest.fixture(autouse=True)
    def comprehension(self, folder: Path) -> None:
        write_set(folder / "quiz", corpus=list(self.corpus), queries=[])
        asked = [
            ("What goes into the pot?", "soup.txt", ["Parsnips", "onions"]),
            ("Where does the water go?", "soup.txt", ["the"]),  # it stands there more than once
            ("How hot is the oven?", "bread.txt", ["high heat", "oven"]),
        ]
        lines = [
            json.dumps({"id": str(number), "text": text, "gold": [{"doc": document}], "answers": answers})
            for number, (text, document, answers) in enumerate(asked)
        ]
        (folder / "quiz" / "queries.jsonl").write_text("\n".join(lines))

    def test_the_first_answer_that_stands_there_once_is_what_is_right(self, folder: Path) -> None:
        (quiz,) = sets_of(folder, ["quiz"], answers_as_spans=True)
        onions, heat = SOUP.index("onions"), BREAD.index("high heat")
        assert [question.spans for question in quiz.questions(None)] == [
            (Span("soup.txt", onions, onions + len("onions")),),
            (Span("bread.txt", heat, heat + len("high heat")),),
        ]

    def test_a_question_whose_answer_is_nowhere_certain_is_left_out(self, folder: Path) -> None:
        (quiz,) = sets_of(folder, ["quiz"], answers_as_spans=True)
        assert [question.id for question in quiz.questions(None)] == ["0", "2"]
        assert [question.id for question in quiz.questions(1)] == ["0"]

    def test_it_is_a_set_with_figures_of_its_own(self, run: Run) -> None:
        documents, spans = (
            run("--sets", "quiz", "--modes", "lexical"),
            run("--sets", "quiz", "--modes", "lexical", "--answers-as-spans"),
        )
        assert [result["set"] for result in documents + spans] == ["quiz", "quiz:spans"]
        assert "span recall@10" not in figures(documents[0], "lexical")
        found = figures(spans[0], "lexical")
        assert found["span recall@10"] == found["span recall@2000c"] == found["span recall@4000c"] == 1

    def test_a_set_with_spans_stays_as_it_is(self, folder: Path) -> None:
        (kitchen,) = sets_of(folder, ["kitchen"], answers_as_spans=True)
        assert kitchen == sets_of(folder, ["kitchen"])[0]
