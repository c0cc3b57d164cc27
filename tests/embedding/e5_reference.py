"""multilingual-e5-small worked out anew, to hold the engine against: nothing here runs on ONNX or sentencepiece.

The network is plain numpy in float32, from the same 4-bit weights. The tokenizer is the Unigram model of `tokenizers`,
with sentencepiece's rules for blanks and control characters written out.
"""

import math
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, pre_tokenizers

from embedding.e5.weights import Weights

Floats = NDArray[np.float32]

erf = np.frompyfunc(math.erf, 1, 1)

REMOVED = "[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]"
BLANK = "[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd ]+"
FULL_WIDTH_TILDE = "～"  # NFKC would make it a plain one; sentencepiece does not


def vector(weights: Weights, ids: Sequence[int]) -> Floats:
    """The vector of token ids, BEGIN and END among them: float32 (384,), of length 1."""
    rows = weights.word_rows(np.array(ids))
    places = weights.matrix("emb.pos", 384)[: len(ids)]
    value = _norm(weights, rows + places + weights.matrix("emb.type", 384)[0], "emb.ln")
    for layer in (f"l{number}" for number in range(12)):
        value = _norm(weights, value + _attention(weights, value, layer), f"{layer}.aln")
        inner = _linear(weights, value, f"{layer}.fi")
        inner = inner * 0.5 * (1 + erf(inner / math.sqrt(2)).astype(np.float32))
        value = _norm(weights, value + _linear(weights, inner, f"{layer}.fo"), f"{layer}.oln")
    mean = value.mean(axis=0)
    unit: Floats = mean / np.linalg.norm(mean)
    return unit


def tokenizer(weights: Weights) -> Tokenizer:
    pieces = [(piece, score) for piece, score in weights.pieces()]
    for place in (0, 1, 2, len(pieces) - 1):
        pieces[place] = (f"\x00{place}", 0.0)  # <s>, <pad>, </s> and <mask> are no text
    made = Tokenizer(models.Unigram(pieces, unk_id=3))
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    return made


def token_ids(made: Tokenizer, text: str) -> list[int]:
    text = re.sub(BLANK, " ", re.sub(REMOVED, "", text))
    text = FULL_WIDTH_TILDE.join(unicodedata.normalize("NFKC", part) for part in text.split(FULL_WIDTH_TILDE))
    text = re.sub(" +", " ", text).strip(" ")
    ids: list[int] = made.encode(text, add_special_tokens=False).ids if text else []
    return ids


def _linear(weights: Weights, value: Floats, name: str) -> Floats:
    product: Floats = value @ weights.matrix(f"{name}.w", value.shape[-1]).T + weights.vector(f"{name}.b")
    return product


def _norm(weights: Weights, value: Floats, name: str) -> Floats:
    centred = value - value.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
    scaled: Floats = centred / deviation * weights.vector(f"{name}.w") + weights.vector(f"{name}.b")
    return scaled


def _attention(weights: Weights, value: Floats, layer: str) -> Floats:
    query, key, values = (_linear(weights, value, f"{layer}.{part}") for part in "qkv")
    heads = []
    for head in (slice(start, start + 32) for start in range(0, 384, 32)):
        scores = query[:, head] @ key[:, head].T / math.sqrt(32)
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        heads.append(shares / shares.sum(axis=-1, keepdims=True) @ values[:, head])
    return _linear(weights, np.concatenate(heads, axis=-1), f"{layer}.ao")
