"""The tokenizer: SentencePiece's unigram model (Kudo 2018) over the vocabulary of XLM-RoBERTa.

It is sentencepiece itself rather than `tokenizers`, which needs 240 MB more for so large a vocabulary.
"""

from collections.abc import Sequence
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import sentencepiece

BEGIN, PAD, END, UNKNOWN = 0, 1, 2, 3  # token ids
NORMALISATION = "package_data/nmt_nfkc.bin"  # NFKC, control characters away, any blank as one

# A blank when the model was trained. Newer versions of these rules leave it, and the vocabulary does not have it.
ZERO_WIDTH_JOINER = "\u200d"


class Tokenizer:
    """Threads can share it."""

    def __init__(self, model: Path) -> None:
        """`model`: a file of what `model_proto` returns."""
        self._processor = sentencepiece.SentencePieceProcessor(model_file=str(model))

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, without BEGIN and END."""
        # A question mark takes the place of half a surrogate pair, which UTF-8 has no bytes for.
        readable = [text.encode("utf-8", "replace").decode().replace(ZERO_WIDTH_JOINER, " ") for text in texts]
        ids: list[list[int]] = self._processor.encode(readable, num_threads=1)
        return ids


def model_proto(pieces: Sequence[tuple[str, float]]) -> bytes:
    """A SentencePiece model of pieces and their log-probabilities, in the order of token ids."""
    messages: Any = import_module("sentencepiece.sentencepiece_model_pb2")  # needs protobuf: only to make the file
    kinds = messages.ModelProto.SentencePiece
    model = messages.ModelProto()
    for place, (piece, score) in enumerate(pieces):
        # Control pieces are never found in a text, whatever it says.
        is_control = place in (BEGIN, PAD, END) or piece == "<mask>"
        kind = kinds.UNKNOWN if place == UNKNOWN else kinds.CONTROL if is_control else kinds.NORMAL
        model.pieces.add(piece=piece, score=score, type=kind)
    trainer = model.trainer_spec
    trainer.model_type = messages.TrainerSpec.UNIGRAM
    trainer.vocab_size = len(pieces)
    trainer.unk_id, trainer.bos_id, trainer.eos_id, trainer.pad_id = UNKNOWN, BEGIN, END, PAD
    model.normalizer_spec.name = "nmt_nfkc"
    model.normalizer_spec.precompiled_charsmap = files(sentencepiece).joinpath(NORMALISATION).read_bytes()
    serialized: bytes = model.SerializeToString()
    return serialized
