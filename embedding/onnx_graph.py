"""Collects the nodes and constants of an ONNX graph. Imports onnx, which is large and only needed to build one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 20  # the first opset with Gelu
ONNX_RUNTIME = "com.microsoft"  # the domain of ONNX Runtime's own operators
EPSILON = 1e-12  # of layer normalisation in BERT and its descendants


class Graph:
    """Every method that adds something returns the name of its value."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        return self.add_several(operator, inputs, 1, **attributes)[0]

    def add_several(self, operator: str, inputs: Sequence[str], outputs: int, **attributes: Any) -> list[str]:
        names = [f"v{len(self.nodes)}{'abcd'[place] if outputs > 1 else ''}" for place in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names

    def layer_norm(self, value: str, scale: str, bias: str) -> str:
        return self.add("LayerNormalization", value, scale, bias, axis=-1, epsilon=EPSILON)

    def unit_mean(self, value: str, axis: str) -> None:
        """The output `vector`: the mean of `value` along `axis` (the name of a constant), with length 1."""
        mean = self.add("ReduceMean", value, axis, keepdims=0)
        length = self.add("ReduceL2", mean, keepdims=1)
        self.nodes.append(helper.make_node("Div", [mean, length], ["vector"]))

    def model(self, name: str, given: onnx.ValueInfoProto, output_shape: Sequence[int]) -> onnx.ModelProto:
        vector = helper.make_tensor_value_info("vector", TensorProto.FLOAT, output_shape)
        domains = {node.domain for node in self.nodes} - {""}
        return helper.make_model(
            helper.make_graph(self.nodes, name, [given], [vector], list(self.constants.values())),
            opset_imports=[
                helper.make_opsetid("", OPSET),
                *(helper.make_opsetid(domain, 1) for domain in sorted(domains)),
            ],
            ir_version=10,
        )
