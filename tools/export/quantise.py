"""fp32 → int8, so that what an int8 model says of a question stays close to what fp32 says.

Weights get a scale for each output channel, activations one for a whole tensor (ONNX Runtime's dynamic quantisation). A
few channels of a transformer's activations are ten times as large as the rest, which then share a handful of steps. So
activations are smoothed first: each channel is divided by a factor, and the weights that read it are multiplied by it
(Xiao et al., SmoothQuant, 2022). The product stays the same, what rounding does to it shrinks (docs/decisions.md).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

# How much of the unevenness the weights take over: 0 none, 1 all.
MIGRATED = 0.75
# A channel that no text moves must not be blown up.
LEAST = 1e-4


def quantise(graph: Path, tokenizer: Any, texts: Sequence[str], out: Path) -> None:
    """Write the int8 form of an ONNX graph. `texts` are such as it will read: they tell how large activations get."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    smoothed = graph.with_name("smoothed.onnx")
    _smooth(graph, _largest(graph, tokenizer, texts), smoothed)
    # What attention puts out has no type that ONNX itself could infer.
    inferred = {"DefaultTensorType": onnx.TensorProto.FLOAT}
    quantize_dynamic(
        smoothed, out, weight_type=QuantType.QInt8, per_channel=True, reduce_range=False, extra_options=inferred
    )


def _largest(graph: Path, tokenizer: Any, texts: Sequence[str]) -> dict[str, Any]:
    """The largest absolute value of each channel of what each weight multiplies; by the activation's name."""
    import numpy
    import onnx
    import onnxruntime

    model = onnx.load(graph)
    names = sorted({node.input[0] for node in _products(model)})
    model.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names)
    watched = graph.with_name("watched.onnx")
    onnx.save(model, watched)
    session = onnxruntime.InferenceSession(str(watched), providers=["CPUExecutionProvider"])
    wanted = {one.name for one in session.get_inputs()}
    largest: dict[str, Any] = {}
    for text in texts:
        ids = numpy.array([tokenizer.encode(text).ids])
        given = {"input_ids": ids, "attention_mask": numpy.ones_like(ids), "token_type_ids": numpy.zeros_like(ids)}
        values = session.run(names, {name: value for name, value in given.items() if name in wanted})
        for name, value in zip(names, values, strict=True):
            of_text = numpy.abs(value).reshape(-1, value.shape[-1]).max(axis=0)
            largest[name] = numpy.maximum(largest.get(name, 0.0), of_text)
    return largest


def _smooth(graph: Path, largest: dict[str, Any], out: Path) -> None:
    """Put a division before each activation's products, and its factors into their weights."""
    import onnx

    model = onnx.load(graph)
    readers: dict[str, list[Any]] = {}
    for node in _products(model):
        readers.setdefault(node.input[0], []).append(node)
    for activation, products in readers.items():
        factors = _factors(largest[activation], [_weight(model, node) for node in products])
        divided = f"{activation}_smoothed"
        for node in products:
            # Products may share a weight: each gets its own.
            weight, name = _weight(model, node) * factors[:, None], f"{node.name}_smoothed"
            model.graph.initializer.append(onnx.numpy_helper.from_array(weight, name))
            node.input[0], node.input[1] = divided, name
        model.graph.initializer.append(onnx.numpy_helper.from_array(1 / factors, f"{divided}_by"))
        first = min(list(model.graph.node).index(node) for node in products)
        multiply = onnx.helper.make_node("Mul", [activation, f"{divided}_by"], [divided], name=divided)
        model.graph.node.insert(first, multiply)
    used = {name for node in model.graph.node for name in node.input}
    for one in [one for one in model.graph.initializer if one.name not in used]:
        model.graph.initializer.remove(one)
    onnx.save(model, out)


def _factors(largest: Any, weights: Sequence[Any]) -> Any:
    """float32, one for each channel."""
    import numpy

    of_weights = numpy.max([numpy.abs(weight).max(axis=1) for weight in weights], axis=0)
    factors = numpy.maximum(largest, 1e-5) ** MIGRATED / numpy.maximum(of_weights, 1e-5) ** (1 - MIGRATED)
    return numpy.maximum(factors, LEAST).astype(numpy.float32)


def _products(model: Any) -> list[Any]:
    """The matrix products with a constant on the right; attention begins with one."""
    constants = {one.name for one in model.graph.initializer}
    found = [node for node in model.graph.node if node.op_type in ("MatMul", "Attention")]
    return [node for node in found if node.input[1] in constants]


def _weight(model: Any, node: Any) -> Any:
    """float32 (channels, outputs)."""
    import onnx

    return onnx.numpy_helper.to_array(next(one for one in model.graph.initializer if one.name == node.input[1]))
