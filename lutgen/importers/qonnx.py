"""QONNX: networks whose neurons read few bits; each neuron becomes tables of its inputs.

Between two quantisers a value is a weighted sum of a few quantised ones, and what else is done with
it (normalisation, a rectifier) is a function of it alone. At the quantiser the sum is evaluated for
every value of the bits that it reads, in 64 bits, and each bit of the result becomes one LUT. A
neuron that reads more than 16 bits is refused by its name. Before the first quantiser stand the
features, which comparators make bits of; behind the last one the head adds up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import MAX_FAN_IN
from lutgen.encode.encoder import Encoder
from lutgen.errors import ModelError
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Option, Request
from lutgen.importers.luts import MAX_INPUTS, LutBuilder
from lutgen.importers.onnx_file import Graph, Node, operators, read_graph
from lutgen.model import Argmax, Head, Sum
from lutgen.model.head import MAX_WEIGHT

MAX_LEVELS = 256
_MAX_TERMS = 1 << 24
_MAX_ELEMENTS = 1 << 20
_ROUNDED = 14  # bits of a weight that is no whole number of steps

Floats = NDArray[np.float64]
Function = Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class _Source:
    """A value that is a function of a few bits: its value at each address; or a feature."""

    nets: tuple[int, ...]
    values: Floats
    feature: int = -1


@dataclass(frozen=True, eq=False)
class _Value:
    """A sum of sources times weights, and a constant."""

    sources: tuple[_Source, ...]
    weights: Floats
    constant: float = 0.0

    def affine(self, scale: float, offset: float) -> _Value:
        return replace(self, weights=self.weights * scale, constant=self.constant * scale + offset)


Tensor = NDArray[Any]
"""Constants, of float64; or values, of objects."""


@dataclass
class _State:
    """What is known while the nodes are gone through."""

    tensors: dict[str, Tensor]
    n_features: int
    luts: LutBuilder | None = None
    encoder: Encoder | None = None
    notes: list[str] = field(default_factory=list)


def recognises(content: Content) -> bool:
    """Return whether a file is an ONNX model that has quantisers."""
    return bool(operators(content) & {"Quant", "BipolarQuant"})


def read(request: Request) -> Imported:
    """Read a model; see :class:`~lutgen.importers.format.Format`."""
    graph = read_graph(request.content)
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise ModelError(
            f"it has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; one each is read"
        )
    ((name, shape),) = graph.inputs.items()
    shape = tuple(n or 1 for n in shape)
    n_features = math.prod(shape)
    if not 1 <= n_features <= _MAX_ELEMENTS or (shape and shape[0] != 1):
        raise ModelError(f"its input has the shape {shape}; one sample at a time is read")
    state = _State({}, n_features)
    for constant, values in graph.constants.items():
        state.tensors[constant] = _constant(values, constant)
    one = np.ones(1)
    features = np.empty(n_features, dtype=object)
    features[:] = [_Value((_Source((), one, feature),), one) for feature in range(n_features)]
    state.tensors[name] = features.reshape(shape)
    _run(graph, state)
    (output,) = graph.outputs
    if output not in state.tensors:
        raise ModelError(f"nothing makes its output {output}")
    return _finish(state, state.tensors[output], request)


def _constant(values: NDArray[Any], name: str) -> Floats:
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ModelError(f"the tensor {name!r} holds NaN or infinity")
    return numbers


def _run(graph: Graph, state: _State) -> None:
    for node in graph.nodes:
        title = f"node {node.name or node.outputs[:1]} ({node.op})"
        known = _NODES.get(node.op)
        if known is None:
            raise ModelError(f"{title}: it is not read; known are {', '.join(sorted(_NODES))}")
        lacking = [name for name in node.inputs if name and name not in state.tensors]
        if lacking or not node.outputs:
            raise ModelError(f"{title}: it reads {lacking[:1]}, which nothing makes before it")
        inputs = [state.tensors[name] for name in node.inputs if name]
        try:
            result = known(state, node, inputs)
        except (ValueError, IndexError, TypeError, OverflowError, MemoryError) as error:
            if isinstance(error, ModelError):
                raise ModelError(f"{title}: {error}") from error
            raise ModelError(f"{title}: its inputs do not fit ({error})") from error
        if result.size > _MAX_ELEMENTS:
            raise ModelError(f"{title}: it makes {result.size:,} values")
        state.tensors[node.outputs[0]] = result


# -- sums ----------------------------------------------------------------------------------------


def _is_constant(tensor: Tensor) -> bool:
    return tensor.dtype != object


def _each(make: Callable[..., _Value], values: Tensor, *constants: Tensor) -> Tensor:
    """Return values changed one by one, each with its constants."""
    arrays = np.broadcast_arrays(values, *constants)
    if arrays[0].size > _MAX_ELEMENTS:
        raise ModelError(f"it makes {arrays[0].size:,} values")
    made = np.empty(arrays[0].size, dtype=object)
    made[:] = [
        make(*items) for items in zip(*(item.ravel().tolist() for item in arrays), strict=True)
    ]
    return made.reshape(arrays[0].shape)


def _add(a: Tensor, b: Tensor, sign: float) -> Tensor:
    if _is_constant(a) and _is_constant(b):
        return np.asarray(a + sign * b)
    if _is_constant(b):
        return _each(lambda value, c: value.affine(1.0, sign * c), a, b)
    if _is_constant(a):
        return _each(lambda value, c: value.affine(sign, c), b, a)

    def both(one: _Value, other: _Value) -> _Value:
        return _Value(
            (*one.sources, *other.sources),
            np.concatenate([one.weights, sign * other.weights]),
            one.constant + sign * other.constant,
        )

    return _each(both, a, b)


def _times(a: Tensor, b: Tensor) -> Tensor:
    if _is_constant(a) and _is_constant(b):
        return np.asarray(a * b)
    if not _is_constant(a) and not _is_constant(b):
        raise ModelError("it multiplies two values; only constants can be weights")
    value, constant = (b, a) if _is_constant(a) else (a, b)
    return _each(lambda item, c: item.affine(c, 0.0), value, constant)


def _matrix(a: Tensor, b: Tensor) -> Tensor:
    """Multiply values of shape (1, n) with constants; zeros take no part."""
    if _is_constant(a) and _is_constant(b):
        return np.asarray(a @ b)
    if _is_constant(a) or not _is_constant(b):
        raise ModelError("the weights must be constants, and stand on the right")
    if a.ndim < 1 or b.ndim != 2 or a.shape[-1] != b.shape[0] or math.prod(a.shape[:-1]) != 1:
        raise ModelError(f"shapes {a.shape} and {b.shape}; (1, n) and (n, m) are read")
    values: list[_Value] = a.ravel().tolist()
    n_sources = np.array([len(value.sources) for value in values])
    if int((n_sources[:, None] * (b != 0)).sum()) > _MAX_TERMS:
        raise ModelError(f"weights of shape {b.shape}: its sums have too many terms")
    made = np.empty(b.shape[1], dtype=object)
    for column in range(b.shape[1]):
        rows = np.flatnonzero(b[:, column]).tolist()
        chosen = [(values[row], b[row, column]) for row in rows]
        made[column] = _Value(
            tuple(source for value, _ in chosen for source in value.sources),
            np.concatenate([np.zeros(0), *(value.weights * w for value, w in chosen)]),
            math.fsum(value.constant * w for value, w in chosen),
        )
    return made.reshape((*a.shape[:-1], b.shape[1]))


# -- tables --------------------------------------------------------------------------------------


def _table(value: _Value) -> tuple[tuple[int, ...], Floats]:
    """Return the bits that a sum reads, and its value at every address.

    Raises
    ------
    ModelError
        If there are too many of them, or a feature is not quantised.
    """
    if any(source.feature >= 0 for source in value.sources):
        raise ModelError(
            f"a neuron of fan-in {len(value.sources)} reads features that were not quantised"
        )
    nets = tuple(sorted({net for source in value.sources for net in source.nets}))
    if len(nets) > MAX_FAN_IN:
        raise ModelError(
            f"a neuron of fan-in {len(value.sources)} reads {len(nets)} bits; {MAX_FAN_IN} is the "
            "most that becomes a table: only sparse layers of few bits can be imported"
        )
    addresses = np.arange(1 << len(nets))
    total = np.full(addresses.size, value.constant)
    for source, weight in zip(value.sources, value.weights.tolist(), strict=True):
        own = np.zeros(addresses.size, dtype=np.int64)
        for place, net in enumerate(source.nets):
            own |= (addresses >> nets.index(net) & 1) << place
        total += weight * source.values[own]
    return nets, total


def _mapped(value: _Value, function: Function) -> _Value:
    """Return a function of a value, as a table that is not made of LUTs yet."""
    nets, total = _table(value)
    return _Value((_Source(nets, function(total)),), np.ones(1))


def _coded(state: _State, value: _Value, function: Function) -> _Value:
    """Return a function of a value, its result as a code of bits: a LUT each."""
    nets, total = _table(value)
    levels, codes = np.unique(function(total) + 0.0, return_inverse=True)  # -0.0 is 0.0
    if levels.size > MAX_LEVELS:
        raise ModelError(f"it has {levels.size} levels; {MAX_LEVELS} is the most")
    if state.luts is None:
        raise ModelError("it quantises what does not depend on the features")
    made = []
    for place in range((levels.size - 1).bit_length()):
        bits = np.packbits(codes >> place & 1, bitorder="little").tobytes()
        made.append(state.luts.look_up(int.from_bytes(bits, "little"), nets))
    return _Value((_source(tuple(made), levels),), np.ones(1))


def _source(nets: tuple[int, ...], levels: Floats) -> _Source:
    """Return the source whose code is told by nets; codes that never occur take the last level."""
    padded = np.concatenate([levels, np.full((1 << len(nets)) - levels.size, levels[-1])])
    return _Source(nets, padded)


def _quantise(
    state: _State, values: Tensor, functions: Tensor, levels: Callable[[int], Floats]
) -> Tensor:
    """Return values quantised, each by its function.

    Parameters
    ----------
    levels : callable
        All levels that the function of the value of a number has, ascending.
    """
    listed: list[_Value] = values.ravel().tolist()
    each: list[Function] = np.broadcast_to(functions, values.shape).ravel().tolist()
    raw = [any(source.feature >= 0 for source in value.sources) for value in listed]
    if any(raw):
        if not all(raw) or state.luts is not None:
            raise ModelError("features are quantised in more than one place")
        made = _encode(state, listed, each, levels)
    else:
        made = []
        for neuron, (value, function) in enumerate(zip(listed, each, strict=True)):
            try:
                made.append(_coded(state, value, function))
            except ModelError as error:
                raise ModelError(f"neuron {neuron}: {error}") from error
    result = np.empty(len(made), dtype=object)
    result[:] = made
    return result.reshape(values.shape)


def _encode(
    state: _State, values: list[_Value], functions: list[Function], levels: Callable[[int], Floats]
) -> list[_Value]:
    """Return quantised features: comparators between their levels, and codes made of these."""
    features: list[int] = []
    thresholds: list[float] = []
    parts: list[tuple[int, Floats]] = []
    known: dict[tuple[float, float, bytes], Floats] = {}
    for number, (value, function) in enumerate(zip(values, functions, strict=True)):
        if len(value.sources) != 1 or not value.weights[0]:
            raise ModelError("a sum of features comes here without having been quantised")
        scale, offset = float(value.weights[0]), value.constant
        own = levels(number)
        if own.size > MAX_LEVELS:
            raise ModelError(f"features of {own.size} levels; {MAX_LEVELS} is the most")
        key = scale, offset, own.tobytes()
        if key not in known:
            ordered = own[1:] if scale > 0 else own[::-1][1:]
            known[key] = _thresholds(function, scale, offset, ordered)
        features += [value.sources[0].feature] * (own.size - 1)
        thresholds += known[key].tolist()
        parts.append((own.size - 1, own if scale > 0 else own[::-1]))
    if not 1 <= len(features) <= MAX_INPUTS:
        raise ModelError(f"features take {len(features):,} comparators")
    state.luts = LutBuilder(len(features))
    state.encoder = Encoder(
        "thermometer", state.n_features, np.array(features, dtype=np.int32), np.array(thresholds)
    )
    made, start = [], 0
    for n_bits, own in parts:
        nets = state.luts.inputs[start : start + n_bits]
        start += n_bits
        # the code is how many thresholds are passed; a bit of it changes at every so many
        code = tuple(
            state.luts.parity(nets[(1 << place) - 1 :: 1 << place])
            for place in range(n_bits.bit_length())
        )
        made.append(_Value((_source(code, own),), np.ones(1)))
    return made


def _thresholds(function: Function, scale: float, offset: float, wanted: Floats) -> Floats:
    """Return the least number at which a function of ``scale * x + offset`` reaches each level.

    All numbers of 64 bits are halved in their order, so that each is exactly the one.
    """
    sign = 1.0 if scale > 0 else -1.0
    low, high = (np.full(wanted.size, edge, dtype=np.int64) for edge in (-_LAST, _LAST))
    while (low < high).any():
        middle = (low & high) + ((low ^ high) >> 1)
        with np.errstate(over="ignore", invalid="ignore"):
            reached = sign * function(scale * _float_of(middle) + offset) >= sign * wanted
        low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
    found = _float_of(low)
    if not np.isfinite(found).all():
        raise ModelError("a level of the features is reached by no number")
    return found


_LAST = int(np.array(np.finfo(np.float64).max).view(np.int64))


def _float_of(rank: NDArray[np.int64]) -> Floats:
    """Return numbers by their rank: 0 is 0.0, and each step the next number."""
    return np.where(rank < 0, -1.0, 1.0) * np.abs(rank).view(np.float64)


# -- nodes ---------------------------------------------------------------------------------------

_ROUNDINGS: Mapping[str, Function] = {
    "ROUND": np.rint, "FLOOR": np.floor, "CEIL": np.ceil, "ROUND_TO_ZERO": np.trunc,
}  # fmt: skip


def _quant(state: _State, node: Node, inputs: list[Tensor]) -> Tensor:
    """Do QONNX's Quant: ``(round(clip(x / scale + zero)) - zero) * scale``."""
    x, scale, zero, n_bits = inputs
    if not all(map(_is_constant, (scale, zero, n_bits))) or (scale <= 0).any():
        raise ModelError("scale, zero point and bits must be constants, and the scale above 0")
    mode = str(node.attributes.get("rounding_mode", "ROUND"))
    if mode not in _ROUNDINGS or n_bits.size != 1 or not 1 <= n_bits.item() <= 32:
        raise ModelError(f"it rounds by {mode} to {n_bits.ravel()[:2]} bits, which is not read")
    narrow, bits = int(node.attributes.get("narrow", 0)), int(n_bits.item())
    signed = bool(node.attributes.get("signed", 1))
    least = -(1 << (bits - 1)) + narrow if signed else 0
    largest = (1 << (bits - 1)) - 1 if signed else (1 << bits) - 1 - narrow
    rounding = _ROUNDINGS[mode]

    def of(s: float | Floats, z: float | Floats) -> Function:
        return lambda v: (rounding(np.clip(v / s + z, least, largest)) - z) * s

    if _is_constant(x):
        return of(scale, zero)(x)
    s, z = (np.broadcast_to(item, x.shape).ravel() for item in (scale, zero))
    functions = np.empty(x.size, dtype=object)
    functions[:] = [of(a, b) for a, b in zip(s.tolist(), z.tolist(), strict=True)]
    if largest - least >= MAX_LEVELS and state.luts is None:
        raise ModelError(f"features of {bits} bits; 8 are the most")
    every = np.arange(least, largest + 1, dtype=np.float64)
    return _quantise(
        state, x, functions.reshape(x.shape), lambda number: (every - z[number]) * s[number]
    )


def _sign(scale: float, v: Floats) -> Floats:
    return np.where(v >= 0, scale, -scale)


def _bipolar(state: _State, _: Node, inputs: list[Tensor]) -> Tensor:
    x, scale = inputs
    if not _is_constant(scale) or (scale <= 0).any():
        raise ModelError("the scale must be constant, and above 0")
    if _is_constant(x):
        return np.where(x >= 0, 1.0, -1.0) * scale
    s = np.broadcast_to(scale, x.shape).ravel()
    functions = np.empty(x.size, dtype=object)
    functions[:] = [partial(_sign, a) for a in s.tolist()]
    return _quantise(
        state, x, functions.reshape(x.shape), lambda number: np.array([-1.0, 1.0]) * s[number]
    )


def _relu(_: _State, __: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    if _is_constant(x):
        return np.maximum(x, 0)
    return _each(lambda value: _mapped(value, lambda v: np.maximum(v, 0)), x)


def _gemm(_: _State, node: Node, inputs: list[Tensor]) -> Tensor:
    a, b = inputs[:2]
    if node.attributes.get("transA", 0):
        raise ModelError("it transposes the values")
    b = b.T if node.attributes.get("transB", 0) else b
    made = _times(_matrix(a, b), np.array(float(node.attributes.get("alpha", 1.0))))
    if len(inputs) < 3:
        return made
    beta = np.array(float(node.attributes.get("beta", 1.0)))
    return _add(made, _times(inputs[2], beta), 1.0)


def _normalise(_: _State, node: Node, inputs: list[Tensor]) -> Tensor:
    x, gamma, beta, mean, variance = inputs
    if not all(map(_is_constant, inputs[1:])) or (variance < 0).any():
        raise ModelError("its statistics must be constants, and the variance not below 0")
    factor = gamma / np.sqrt(variance + float(node.attributes.get("epsilon", 1e-5)))
    shape = (1, -1) + (1,) * (x.ndim - 2)
    shift = beta - mean * factor
    return _add(_times(x, factor.reshape(shape)), shift.reshape(shape), 1.0)


def _reshape(_: _State, node: Node, inputs: list[Tensor]) -> Tensor:
    x = inputs[0]
    if node.op == "Flatten":
        axis = int(node.attributes.get("axis", 1))
        return x.reshape(math.prod(x.shape[:axis]), -1)
    wanted = [int(n) for n in inputs[1].ravel().tolist()]
    return x.reshape([x.shape[j] if n == 0 else n for j, n in enumerate(wanted)])


def _axes(node: Node, inputs: list[Tensor]) -> list[int]:
    told = node.attributes.get("axes")
    return [int(n) for n in (inputs[1].ravel().tolist() if len(inputs) > 1 else told or [])]


def _squeeze(_: _State, node: Node, inputs: list[Tensor]) -> Tensor:
    axes = _axes(node, inputs)
    if node.op == "Unsqueeze":
        return np.expand_dims(inputs[0], tuple(axes))
    return np.squeeze(inputs[0], tuple(axes) if axes else None)


def _transpose(_: _State, node: Node, inputs: list[Tensor]) -> Tensor:
    return np.transpose(inputs[0], node.attributes.get("perm"))


def _shape(_: _State, __: Node, inputs: list[Tensor]) -> Tensor:
    return np.array(inputs[0].shape, dtype=np.float64)


def _gather(_: _State, node: Node, inputs: list[Tensor]) -> Tensor:
    places = inputs[1].astype(np.int64)
    return np.take(inputs[0], places, axis=int(node.attributes.get("axis", 0)))


def _concat(_: _State, node: Node, inputs: list[Tensor]) -> Tensor:
    if len({_is_constant(item) for item in inputs}) > 1:
        raise ModelError("it joins values and constants")
    return np.concatenate(inputs, axis=int(node.attributes.get("axis", 0)))


def _divide(_: _State, __: Node, inputs: list[Tensor]) -> Tensor:
    if not _is_constant(inputs[1]) or (inputs[1] == 0).any():
        raise ModelError("it divides by what is no constant, or zero")
    return inputs[0] / inputs[1] if _is_constant(inputs[0]) else _times(inputs[0], 1 / inputs[1])


def _power(_: _State, __: Node, inputs: list[Tensor]) -> Tensor:
    if not all(map(_is_constant, inputs)):
        raise ModelError("it raises values to a power")
    return np.asarray(np.power(*inputs[:2]))


def _told_constant(_: _State, node: Node, __: list[Tensor]) -> Tensor:
    value = node.attributes.get("value")
    if not isinstance(value, np.ndarray):
        raise ModelError("it tells no tensor")
    return _constant(value, node.name)


def _softmax(state: _State, node: Node, inputs: list[Tensor]) -> Tensor:
    state.notes.append(f"{node.op} is left out: it changes no answer, and scores are what it reads")
    return inputs[0]


_NODES: Mapping[str, Callable[[_State, Node, list[Tensor]], Tensor]] = {
    "Quant": _quant, "BipolarQuant": _bipolar, "Relu": _relu, "Gemm": _gemm,
    "MatMul": lambda _, __, inputs: _matrix(*inputs[:2]),
    "Add": lambda _, __, inputs: _add(inputs[0], inputs[1], 1.0),
    "Sub": lambda _, __, inputs: _add(inputs[0], inputs[1], -1.0),
    "Mul": lambda _, __, inputs: _times(*inputs[:2]),
    "Div": _divide, "Pow": _power, "BatchNormalization": _normalise,
    "Reshape": _reshape, "Flatten": _reshape, "Transpose": _transpose, "Squeeze": _squeeze,
    "Unsqueeze": _squeeze, "Shape": _shape, "Gather": _gather, "Concat": _concat,
    "Constant": _told_constant, "Softmax": _softmax, "LogSoftmax": _softmax,
    "Identity": lambda _, __, inputs: inputs[0], "Dropout": lambda _, __, inputs: inputs[0],
    "Cast": lambda _, __, inputs: inputs[0],
}  # fmt: skip


# -- answers -------------------------------------------------------------------------------------


def _finish(state: _State, output: Tensor, request: Request) -> Imported:
    luts, encoder = state.luts, state.encoder
    if _is_constant(output) or luts is None or encoder is None:
        raise ModelError("its output does not depend on quantised features")
    values: list[_Value] = output.ravel().tolist()
    nets, counts, offsets = _counts(luts, values)
    asked = request.options.get("head", "argmax" if len(values) > 1 else "sum")
    step = _step(counts, offsets)
    is_exact = step > 0
    if not is_exact:
        step = max(float(np.abs(counts).max()), float(np.abs(offsets).max()) / MAX_WEIGHT) / (
            1 << _ROUNDED
        )
    weights, bias = (np.rint(item / step).astype(np.int64) for item in (counts, offsets))
    head: Head
    if asked == "argmax" and len(values) > 1:
        head = Argmax.votes(weights, bias, scale=step)
    else:
        head = Sum.of(weights, bias, scale=step)
    network = luts.network(nets, head, encoder=encoder)
    notes = [*state.notes, "tables are evaluated in 64 bits; of sums that lie on an edge between "
             "two levels, 32 bits may take the other"]  # fmt: skip
    if is_exact:
        return Imported(network, tuple(notes))
    notes.append(f"weights of the head are rounded to {step:.3g}: they have no common step")

    def reference(X: NDArray[Any]) -> Floats:
        bits = network.output_bits(network.encode(X)).to_dense().astype(np.float64)
        return np.asarray(bits @ counts.T + offsets)

    return Imported(network, tuple(notes), reference)


def _counts(luts: LutBuilder, values: list[_Value]) -> tuple[list[int], Floats, Floats]:
    """Return nets, what each counts in each value (n_values, n_nets), and constants."""
    columns: dict[int, Floats] = {}
    offsets = np.array([value.constant for value in values])
    for row, value in enumerate(values):
        for source, weight in zip(value.sources, value.weights.tolist(), strict=True):
            if source.feature >= 0:
                raise ModelError("a feature reaches the output without having been quantised")
            base, parts = _parts(luts, source)
            offsets[row] += weight * base
            for net, own in parts:
                columns.setdefault(net, np.zeros(len(values)))[row] += weight * own
    if not columns:
        raise ModelError("its output does not depend on quantised features")
    nets = sorted(columns)
    return nets, np.stack([columns[net] for net in nets], axis=1), offsets


def _parts(luts: LutBuilder, source: _Source) -> tuple[float, list[tuple[int, float]]]:
    """Return a source as a constant and what each net adds: its bits, else one net a level."""
    base = float(source.values[0])
    steps = [float(source.values[1 << place] - base) for place in range(len(source.nets))]
    addresses = np.arange(source.values.size)
    linear = base + sum(((addresses >> j & 1) * step for j, step in enumerate(steps)), np.zeros(1))
    if np.allclose(linear, source.values, rtol=1e-12, atol=1e-12 * np.abs(source.values).max()):
        return base, list(zip(source.nets, steps, strict=True))
    levels = np.unique(source.values)
    if levels.size > MAX_LEVELS:
        raise ModelError(
            f"an output is a function of {levels.size} levels; {MAX_LEVELS} is the most"
        )
    parts = []
    for level in levels[1:].tolist():
        bits = np.packbits(source.values == level, bitorder="little").tobytes()
        parts.append((luts.look_up(int.from_bytes(bits, "little"), source.nets), level - levels[0]))
    return float(levels[0]), parts


def _step(counts: Floats, offsets: Floats) -> float:
    """Return the step of which all counts and constants are whole multiples; 0 if none is."""
    every = np.abs(np.concatenate([counts.ravel(), offsets]))
    nonzero = every[every > 1e-12 * every.max(initial=0.0)]
    if not nonzero.size:
        return 1.0
    for parts in range(1, 65):
        step = float(nonzero.min()) / parts
        whole = every / step
        if counts.size and np.abs(counts).max() / step > MAX_WEIGHT:
            return 0.0
        if np.allclose(whole, np.rint(whole), rtol=0, atol=1e-6):
            return step
    return 0.0


def _head_name(value: Any) -> str:
    if value not in ("sum", "argmax"):
        raise ValueError(f"must be sum or argmax, got {value!r}")
    return str(value)


FORMATS = (
    Format(
        "qonnx",
        "QONNX of sparse layers of few bits",
        recognises,
        read,
        (
            Option(
                "head",
                "sum: the answer is the numbers; without it the class of the largest, if there "
                "are several",
                _head_name,
            ),
        ),
    ),
)
