"""The network of multilingual-e5-small as an ONNX graph with integer arithmetic.

Architecture: BERT (Devlin et al. 2019) with 12 layers, mean pooling and L2 normalisation, as the model card of
intfloat/multilingual-e5-small tells. Each run takes one sequence, because activations are quantized by their range over
a run: a vector must not depend on its neighbours in a batch.
"""

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from embedding.e5.weights import HEADS, HIDDEN, INNER, LAYERS, Weights
from embedding.onnx_graph import ONNX_RUNTIME, Graph

# With weights of 7 bits no sum of two products overflows the 16 bits that AVX2 keeps it in, so all processors agree.
LARGEST = 63


class _E5Graph(Graph):
    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.weights = weights

    def vector(self, name: str) -> str:
        return self.constant(name, self.weights.vector(name))

    def norm(self, value: str, name: str) -> str:
        return self.layer_norm(value, self.vector(f"{name}.w"), self.vector(f"{name}.b"))

    def product(self, value: str, name: str, weight: NDArray[np.float32], bias: Sequence[str] = ()) -> str:
        """`value` times a weight (outputs, inputs), both as integers; the bias, if any, is added after."""
        scale = np.maximum(np.abs(weight).max(axis=1), 1e-12) / LARGEST
        integers = np.rint(weight / scale[:, None]).astype(np.int8)
        inputs = [self.constant(f"{name}.int8", integers.T), self.constant(f"{name}.scale", scale)]
        return self.add("DynamicQuantizeMatMul", value, *inputs, "", *bias, domain=ONNX_RUNTIME)

    def linear(self, value: str, name: str, inputs: int) -> str:
        return self.product(value, name, self.weights.matrix(f"{name}.w", inputs), [self.vector(f"{name}.b")])

    def linear_by_row(self, value: str, name: str, inputs: int) -> str:
        """The same where tokens differ so much in size that one scale for all would leave little of the small ones."""
        size = self.add("ReduceMax", self.add("Abs", value), self.constant("last", np.array([-1])), keepdims=1)
        size = self.add("Max", size, self.constant("tiny", np.array(1e-12, dtype=np.float32)))
        product = self.product(self.add("Div", value, size), name, self.weights.matrix(f"{name}.w", inputs))
        return self.add("Add", self.add("Mul", product, size), self.vector(f"{name}.b"))

    def attention(self, value: str, name: str) -> str:
        weight = np.concatenate([self.weights.matrix(f"{name}.{part}.w", HIDDEN) for part in "qkv"])
        bias = np.concatenate([self.weights.vector(f"{name}.{part}.b") for part in "qkv"])
        joined = self.product(value, f"{name}.qkv", weight, [self.constant(f"{name}.qkv.b", bias)])
        parts = self.add_several("Split", [joined], 3, axis=-1, num_outputs=3)
        attended = self.add("MultiHeadAttention", *parts, domain=ONNX_RUNTIME, num_heads=HEADS)
        return self.linear(attended, f"{name}.ao", HIDDEN)

    def layer(self, value: str, name: str) -> str:
        attended = self.norm(self.add("Add", self.attention(value, name), value), f"{name}.aln")
        inner = self.add("Gelu", self.linear_by_row(attended, f"{name}.fi", HIDDEN))
        outer = self.add("Add", self.linear_by_row(inner, f"{name}.fo", INNER), attended)
        return self.norm(outer, f"{name}.oln")


def build(weights: Weights) -> onnx.ModelProto:
    """ONNX model: `words` float32 (1, tokens, 384), the rows of the tokens -> `vector` float32 (1, 384) of length 1."""
    graph = _E5Graph(weights)
    first, second = graph.constant("first", np.array([0])), graph.constant("second", np.array([1]))
    tokens = graph.add("Shape", "words", start=1, end=2)
    table = graph.constant("emb.pos", weights.matrix("emb.pos", HIDDEN))
    positions = graph.add("Slice", table, first, tokens, first)
    token_type = graph.constant("emb.type", weights.matrix("emb.type", HIDDEN)[0])
    value = graph.add("Add", graph.add("Add", "words", positions), token_type)
    value = graph.norm(value, "emb.ln")
    for number in range(LAYERS):
        value = graph.layer(value, f"l{number}")
    graph.unit_mean(value, second)
    words = helper.make_tensor_value_info("words", TensorProto.FLOAT, [1, "tokens", HIDDEN])
    return graph.model("multilingual-e5-small", words, [1, HIDDEN])
