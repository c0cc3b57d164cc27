"""What is done to passages so that a collection of several languages can be searched as one."""

from pathlib import Path

import numpy as np
import pytest

from embedding.e5 import languages
from embedding.e5.engine import E5Small
from embedding.e5.languages import foreign_shares, shares, towards_english
from embedding.prompts import Role

CODE = "for op in per, com:\n    de = self.de(op, per, com)\n    if op is None: raise ValueError(per.com)"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The engine turns passages into vectors, and so it does with questions.", "en"),
        (CODE, "en"),
        ("12:30, 4.5 %, € 17", "en"),
        ("Postgres", "en"),
        ("", "en"),
        ("Die Vektoren werden mit dem Text in der Datenbank gespeichert.", "de"),
        ("Les vecteurs sont dans la base avec le texte.", "fr"),
        ("Los vectores se guardan con el texto en la base de datos.", "es"),
        ("I vettori sono conservati nella base di dati con il testo.", "it"),
        ("Các đoạn văn được lưu trong cơ sở dữ liệu.", "vi"),
        (
            "Ca\u0301c đoa\u0323n văn đươ\u031b\u0323c lưu trong cơ sơ\u0309 dư\u0303 liê\u0323u va\u0300 cu\u0309a",
            "vi",
        ),
        ("向量和文本一起存放在数据库里。", "zh"),
        ("ベクトルは文章と一緒にデータベースに保存される。", "ja"),
        ("벡터는 텍스트와 함께 저장됩니다.", "ko"),
        ("Векторы хранятся вместе с текстом.", "ru"),
        ("تُخزَّن المتجهات مع النص.", "ar"),
        ("वेक्टर पाठ के साथ रखे जाते हैं।", "hi"),
    ],
)
def test_the_language_of_a_text(text: str, language: str) -> None:
    assert shares(text) == pytest.approx({language: 1.0})


def test_a_text_of_two_languages_has_a_share_of_each() -> None:
    found = shares("知识库的检索 with the words of both")
    assert set(found) == {"zh", "en"}
    assert sum(found.values()) == pytest.approx(1)
    assert foreign_shares("half of it is 数据库里的向量和文本") == {"zh": 1}
    assert 0 < foreign_shares("most of it is in English but for 向量")["zh"] < 1
    assert foreign_shares("all of it is in English") == {}


def test_every_language_that_can_be_told_has_its_difference() -> None:
    told = {*languages.SCRIPTS.values(), *languages.WORDS} - {languages.ENGLISH}
    differences = languages._differences()
    assert set(differences) == told
    assert all(one.shape == (384,) and 0.2 < np.linalg.norm(one) < 0.5 for one in differences.values())


def test_english_stays_as_it_is() -> None:
    vectors = np.eye(2, 384, dtype=np.float32)
    np.testing.assert_array_equal(towards_english(vectors, ["The tea of the day", CODE]), vectors)
    assert towards_english(np.empty((0, 384), np.float32), []).shape == (0, 384)


def test_a_question_finds_the_other_language_in_a_collection_of_both(tmp_path: Path) -> None:
    """As the network leaves them, any passage in the question's language is nearer than the right one."""
    passages = [
        "Bread rises because yeast turns the sugar of the dough into carbon dioxide.",
        "发票应在交货后三十天内付清，逾期需支付利息。",
        "植物通过光合作用把阳光的能量储存在糖里。",
        "The museum is closed on Mondays and on public holidays.",
        "向量索引把文本的含义存成一串数字。",
        "The train to the coast leaves from the second platform.",
    ]
    questions = [
        "面包为什么会发起来？",
        "博物馆哪天不开门？",
        "When must an invoice be paid?",
        "How do plants store energy?",
    ]
    engine = E5Small(tmp_path)
    asked = engine.embed(questions, role=Role.QUERY)
    trained = (asked @ engine.embed_as_trained(passages, Role.DOCUMENT).T).argmax(axis=1)
    assert trained.tolist() != [0, 3, 1, 2]
    assert (asked @ engine.embed(passages).T).argmax(axis=1).tolist() == [0, 3, 1, 2]
