"""The prefix of a text depends on the model, the text's role and the instruction."""

import pytest

from embedding.prompts import E5, NONE, QWEN3, Prompts, Role, of_model


@pytest.mark.parametrize(
    ("name", "prompts"),
    [
        ("Qwen/Qwen3-Embedding-4B", QWEN3),
        ("qwen3-embedding-0.6b-q8_0.gguf", QWEN3),
        ("intfloat/multilingual-e5-small", E5),
        ("BAAI/bge-m3", NONE),
    ],
)
def test_prompts_go_by_the_models_family(name: str, prompts: Prompts) -> None:
    assert of_model(name) == prompts


def test_a_question_gets_its_instruction_as_qwen3_was_trained_and_a_document_gets_none() -> None:
    assert QWEN3.prefix(Role.QUERY, "Find the clause") + "notice?" == "Instruct: Find the clause\nQuery:notice?"
    assert QWEN3.prefix(Role.QUERY) == ""
    assert QWEN3.prefix(Role.DOCUMENT, "Find the clause") == ""


def test_a_model_with_prefixes_ignores_the_instruction() -> None:
    assert E5.prefix(Role.QUERY, "Find the clause") == "query: "
    assert E5.prefix(Role.DOCUMENT) == "passage: "
