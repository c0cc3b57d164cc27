"""What a model was trained to read before a text: nothing, a fixed prefix, or an instruction."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a text is to the model: a question that searches, or a document that is found."""

    QUERY = "query"
    DOCUMENT = "document"


@dataclass(frozen=True)
class Prompts:
    """`instructed` has a place for `{instruction}`; "" for a model that takes none."""

    query: str = ""
    document: str = ""
    instructed: str = ""

    def prefix(self, role: Role, instruction: str = "") -> str:
        """What stands before a text of `role`. Documents never get an instruction."""
        if role is Role.DOCUMENT:
            return self.document
        if instruction and self.instructed:
            return self.instructed.format(instruction=instruction)
        return self.query


NONE = Prompts()
# The model card: https://huggingface.co/intfloat/multilingual-e5-small
E5 = Prompts(query="query: ", document="passage: ")
# No space after "Query:", as in config_sentence_transformers.json of https://huggingface.co/Qwen/Qwen3-Embedding-4B
QWEN3 = Prompts(instructed="Instruct: {instruction}\nQuery:")

_FAMILIES = {  # by what the model's name contains
    "qwen3-embedding": QWEN3,
    "multilingual-e5": E5,
}


def of_model(name: str) -> Prompts:
    """The prompts of a model's family; NONE for a family that is not known here."""
    return next((prompts for part, prompts in _FAMILIES.items() if part in name.lower()), NONE)
