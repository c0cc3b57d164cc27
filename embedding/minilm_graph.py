"""The network of all-MiniLM-L6-v2 as an ONNX graph, built from its published weights.

Architecture: BERT (Devlin et al. 2019), 6 layers, mean pooling and L2 normalisation, as described in the model card
of sentence-transformers/all-MiniLM-L6-v2. Each run takes one sequence: on a CPU that is faster than padded batches,
and needs no attention mask.
"""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper
from safetensors.numpy import load_file

from embedding.onnx_graph import Graph

LAYERS = 6
HEADS = 12
HIDDEN = 384
HEAD_SIZE = HIDDEN // HEADS


class MiniLMGraph(Graph):
    def __init__(self, weights: dict[str, NDArray[np.float32]]) -> None:
        super().__init__()
        self.weights = weights

    def weight(self, name: str) -> str:
        return self.constant(name, self.weights[name])

    def linear(self, value: str, name: str) -> str:
        # PyTorch stores the weight of a linear layer as (out, in).
        weight = self.constant(f"{name}.weight.T", self.weights[f"{name}.weight"].T)
        return self.add("Add", self.add("MatMul", value, weight), self.weight(f"{name}.bias"))

    def norm(self, value: str, name: str) -> str:
        return self.layer_norm(value, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"))

    def split_heads(self, value: str, order: list[int]) -> str:
        shape = self.constant("heads", np.array([-1, HEADS, HEAD_SIZE], dtype=np.int64))
        return self.add("Transpose", self.add("Reshape", value, shape), perm=order)

    def attention(self, value: str, name: str) -> str:
        query = self.split_heads(self.linear(value, f"{name}.self.query"), [1, 0, 2])
        key = self.split_heads(self.linear(value, f"{name}.self.key"), [1, 2, 0])
        values = self.split_heads(self.linear(value, f"{name}.self.value"), [1, 0, 2])
        scale = self.constant("scale", np.array(1 / np.sqrt(HEAD_SIZE), dtype=np.float32))
        weights = self.add("Softmax", self.add("Mul", self.add("MatMul", query, key), scale), axis=-1)
        context = self.add("Transpose", self.add("MatMul", weights, values), perm=[1, 0, 2])
        joined = self.add("Reshape", context, self.constant("hidden", np.array([-1, HIDDEN], dtype=np.int64)))
        return self.linear(joined, f"{name}.output.dense")

    def layer(self, value: str, name: str) -> str:
        attended = self.add("Add", self.attention(value, f"{name}.attention"), value)
        attended = self.norm(attended, f"{name}.attention.output.LayerNorm")
        inner = self.add("Gelu", self.linear(attended, f"{name}.intermediate.dense"))
        outer = self.add("Add", self.linear(inner, f"{name}.output.dense"), attended)
        return self.norm(outer, f"{name}.output.LayerNorm")


def build(weights_file: Path) -> onnx.ModelProto:
    """ONNX model: `ids` int64 (tokens,) -> `vector` float32 (384,), a unit vector."""
    graph = MiniLMGraph(load_file(weights_file))
    words = graph.add("Gather", graph.weight("embeddings.word_embeddings.weight"), "ids")
    first = graph.constant("first", np.array([0], np.int64))
    table = graph.weight("embeddings.position_embeddings.weight")
    positions = graph.add("Slice", table, first, graph.add("Shape", "ids"), first)
    token_type = graph.constant("token_type", graph.weights["embeddings.token_type_embeddings.weight"][0])
    value = graph.add("Add", graph.add("Add", words, positions), token_type)
    value = graph.norm(value, "embeddings.LayerNorm")
    for number in range(LAYERS):
        value = graph.layer(value, f"encoder.layer.{number}")
    graph.unit_mean(value, first)
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["tokens"])
    return graph.model("all-MiniLM-L6-v2", ids, [HIDDEN])
