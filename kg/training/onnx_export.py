"""Writes a fitted tagger as the ONNX model that the package ships: 8-bit weights, probabilities out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor

from kg.training.network import Architecture, Tagger

_EPSILON = 1e-12
#: onnxruntime's own operators: attention and bias with GELU, fused.
_FUSED = "com.microsoft"


class _Graph:
    """Collects nodes and weights; every `add` returns the name of its first output."""

    def __init__(self, weights: dict[str, Tensor]):
        self.weights, self.nodes, self.initializers = weights, [], []  # type: ignore[var-annotated]
        self._given: set[str] = set()

    def weight(self, name: str, transposed: bool = False) -> str:
        array = self.weights[name].detach().float().numpy()
        return self.constant(name, np.ascontiguousarray(array.T if transposed else array))

    def constant(self, name: str, array: np.ndarray) -> str:
        if name not in self._given:
            self._given.add(name)
            self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def add(self, op: str, inputs: list[str], outputs: int = 1, **attributes: Any) -> list[str]:
        names = [f"{op.lower()}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        return names

    def one(self, op: str, *inputs: str, **attributes: Any) -> str:
        return self.add(op, list(inputs), **attributes)[0]

    def linear(self, x: str, name: str, bias: bool = True) -> str:
        product = self.one("MatMul", x, self.weight(f"{name}.weight", transposed=True))
        return self.one("Add", product, self.weight(f"{name}.bias")) if bias else product

    def norm(self, x: str, name: str) -> str:
        inputs = (x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"))
        return self.one("LayerNormalization", *inputs, epsilon=_EPSILON)

    def norm_sum(self, change: str, x: str, name: str) -> str:
        return self.norm(self.one("Add", change, x), name)


def write_onnx(model: Tagger, path: Path) -> None:
    """Write `model` to `path`.

    Inputs ``ids``, ``shapes`` and ``hints``: int64, shape (1, pieces). Outputs ``tags`` and ``roles``: probabilities,
    shapes (1, pieces, tags) and (1, pieces, roles). Weights are 8-bit in a reduced range, so that processors without
    the newer integer instructions compute the same sums.
    """
    graph = _Graph(model.state_dict())
    x = _embedded(graph)
    for number in range(model.encoder.size.layers):
        x = _layer(graph, x, f"encoder.layers.{number}", model.encoder.size)
    outputs = []
    for name in ("tags", "roles"):
        scores = graph.linear(x, name)
        graph.nodes.append(helper.make_node("Softmax", [scores], [name], axis=-1))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "pieces", None]))
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, [1, "pieces"]) for n in ("ids", "shapes", "hints")]
    made = helper.make_model(
        helper.make_graph(graph.nodes, "tagger", inputs, outputs, graph.initializers),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(_FUSED, 1)],
        ir_version=9,
        producer_name="kg",
    )
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        onnx.save(made, plain)
        quantize_dynamic(
            plain,
            path,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )


def _embedded(graph: _Graph) -> str:
    pieces = graph.one("Gather", graph.weight("encoder.piece.weight"), "ids")
    shapes = graph.one("Gather", graph.weight("encoder.shape.weight"), "shapes")
    hints = graph.one("Gather", graph.weight("encoder.hint.weight"), "hints")
    length = graph.one("Shape", "ids", start=1, end=2)
    start, axis = graph.constant("zero", np.array([0])), graph.constant("axis", np.array([0]))
    places = graph.one("Slice", graph.weight("encoder.position.weight"), start, length, axis)
    total = graph.one("Add", graph.one("Add", graph.one("Add", pieces, shapes), hints), places)
    return graph.norm(total, "encoder.norm")


def _layer(graph: _Graph, x: str, name: str, size: Architecture) -> str:
    parts = graph.constant("parts", np.array([size.attention_width] * 3))
    q, k, v = graph.add("Split", [graph.linear(x, f"{name}.qkv"), parts], 3, axis=2)
    mixed = graph.one("MultiHeadAttention", q, k, v, domain=_FUSED, num_heads=size.heads)
    x = graph.norm_sum(graph.linear(mixed, f"{name}.out"), x, f"{name}.norm_attention")
    up = graph.linear(x, f"{name}.up", bias=False)
    hidden = graph.one("BiasGelu", up, graph.weight(f"{name}.up.bias"), domain=_FUSED)
    return graph.norm_sum(graph.linear(hidden, f"{name}.down"), x, f"{name}.norm_hidden")
