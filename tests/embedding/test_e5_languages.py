"""What is done to passages so that a collection of several languages can be searched as one."""

import numpy as np
import pytest

from embedding.e5 import languages
from embedding.e5.engine import E5Small
from embedding.e5.languages import is_english, language_of, shares_of
from embedding.prompts import Role

CODE = "for op in per, com:\n    de = self.de(op, per, com)\n    if op is None: raise ValueError(per.com)"
TEXTS = {
    "The engine turns passages into vectors, and so it does with questions.": "en",
    "How to implement tool use": "en",
    CODE: "en",
    "Die Vektoren werden mit dem Text in der Datenbank gespeichert, die sie auch vergleicht.": "de",
    "Les vecteurs sont dans la base avec le texte, et c'est elle qui les compare.": "fr",
    "Los vectores se guardan con el texto en la base de datos, que también los compara.": "es",
    "Các đoạn văn được lưu trong cơ sở dữ liệu cùng với các vectơ của chúng.": "vi",
    "向量和文本一起存放在数据库里，由数据库进行比较。": "zh",
    "向量和文本一起存放在 Postgres 里，SQL 语句由 Django 生成。": "zh",
    "ベクトルは文章と一緒にデータベースに保存される。": "ja",
    "벡터는 텍스트와 함께 데이터베이스에 저장됩니다.": "ko",
    "Векторы хранятся в базе данных вместе с текстом.": "ru",
    "تُخزَّن المتجهات مع النص في قاعدة البيانات.": "ar",
    "भारत में कई भाषाएँ बोली जाती हैं और हिंदी उनमें से सबसे अधिक लोगों की भाषा है।": "hi",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> E5Small:
    return E5Small(tmp_path_factory.mktemp("models"))


def test_the_language_of_a_text_is_in_its_vector(engine: E5Small) -> None:
    trained = engine.embed_as_trained(list(TEXTS), Role.DOCUMENT)
    found = {
        text: "en" if is_english(text) else language_of(vector) for text, vector in zip(TEXTS, trained, strict=True)
    }
    assert found == TEXTS
    for vector, language in zip(trained, TEXTS.values(), strict=True):
        if language != "en":
            assert shares_of(vector).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "is_it"),
    [
        ("The engine turns passages into vectors, and so it does with questions.", True),
        (CODE, False),
        ("Im Jahr 1970 spielte er am Theater in „The Seven Keys to Doomsday“, das danach durchs Land reiste.", False),
        ("数据库里的向量和文本 of the engine that is in it 由数据库进行比较", False),
        ("12:30, 4.5 %", False),
        ("", False),
    ],
)
def test_english_is_told_by_its_words_where_they_leave_no_doubt(text: str, is_it: bool) -> None:
    assert is_english(text) is is_it


def test_english_stays_as_it_is_and_the_others_move_by_their_difference(engine: E5Small) -> None:
    trained = engine.embed_as_trained(list(TEXTS), Role.DOCUMENT)
    moved = engine.embed(list(TEXTS))
    ways = np.linalg.norm(moved - trained, axis=1)
    assert [way == 0 for way in ways] == [language == "en" for language in TEXTS.values()]
    assert ways.max() < languages.SHARE * 0.5
    assert np.linalg.norm(moved, axis=1).min() > 0.9


def test_a_question_finds_the_other_language_in_a_collection_of_both(engine: E5Small) -> None:
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
    asked = engine.embed(questions, role=Role.QUERY)
    trained = (asked @ engine.embed_as_trained(passages, Role.DOCUMENT).T).argmax(axis=1)
    assert trained.tolist() != [0, 3, 1, 2]
    assert (asked @ engine.embed(passages).T).argmax(axis=1).tolist() == [0, 3, 1, 2]
