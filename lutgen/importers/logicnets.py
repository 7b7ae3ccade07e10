"""LogicNets: checkpoints (weights, masks, BatchNorm and quantisers) become tables.

A checkpoint does not say how many bits codes have, nor which quantisers there are but for their
scales. Tables are computed in 64 bits; entries near a rounding edge are counted, as torch, which
computes in 32, may have rounded them otherwise. The generated Verilog has no such doubt.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import MAX_FAN_IN
from lutgen.errors import ConfigError, ModelError
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Option, Request
from lutgen.importers.neurons import MOST_CODE_BITS, OPTIONS, Neuron, check_fan_in, neuron_network
from lutgen.importers.parts import check_finite, real, whole
from lutgen.importers.torch_file import is_torch, read_torch, state_dict

Array = NDArray[Any]

_KEY = re.compile(r"(?:.*\.)?module_list\.(\d{1,6})\.(.+)")
_NORM = "output_quant.pre_transforms.0."
_SCALE = re.compile(r"output_quant\..*scaling_impl\.(?:learned_value|value)")
_EPSILON = 1e-5
_EDGE = 1e-4


@dataclass(frozen=True)
class Codes:
    """Numbers that codes stand for: ``(code - offset) * scale``, codes of so many bits."""

    bits: int
    scale: float
    signed: bool
    narrow: bool = False

    @property
    def offset(self) -> int:
        """What is added to a number's whole part to make a code that is not negative."""
        return (1 << (self.bits - 1)) - self.narrow if self.signed else 0

    @property
    def most(self) -> int:
        """The largest code."""
        return (1 << self.bits) - 1 - self.narrow

    @classmethod
    def of(cls, bits: int, clip: float, *, signed: bool, narrow: bool = False) -> Codes:
        """Return the codes of a quantiser that clips at a number."""
        steps = (1 << (bits - 1)) - narrow if signed else (1 << bits) - 1
        return cls(bits, clip / steps, signed, narrow)


def _layers(content: Content) -> list[dict[str, Array]]:
    """Return the tensors of each layer by their names in it; none if it is no such file."""
    found = content.once(read_torch)
    tensors = state_dict(found)
    if not tensors and isinstance(found, Mapping):
        tensors = state_dict(found.get("model_dict")) or state_dict(found.get("state_dict"))
    layers: dict[int, dict[str, Array]] = defaultdict(dict)
    for name, array in tensors.items():
        if matched := _KEY.fullmatch(name):
            layers[int(matched[1])][matched[2]] = array
    return [layers[number] for number in sorted(layers)]


def _recognises(content: Content) -> bool:
    return is_torch(content) and any("fc.mask.mask" in layer for layer in _layers(content))


def _read(request: Request) -> Imported:
    options = request.options
    layers = _layers(request.content)
    if not layers:
        raise request.content.fault("it holds no module_list of LogicNets' layers")
    if "bits" not in options:
        raise ConfigError(
            "the file does not say how many bits codes have: of the input, of hidden layers and of "
            "the last (--bits, e.g. 1,2,2)"
        )
    bits_in, bits_hidden, bits_out = options["bits"]
    if "input_type" not in options and any(name.startswith("input_quant.") for name in layers[0]):
        raise ConfigError(
            "its input is quantised, and the file does not say to which codes (--input-type)"
        )
    notes = ["features are the bits of the input's codes, the lowest first"]
    kind = options.get("input_type", "unsigned")
    limit = options.get("input_max", 1.0)
    if "input_max" not in options and bits_in > 1:
        notes.append("the input's largest number is taken as 1 (--input-max)")
    codes = Codes.of(bits_in, limit, signed=kind == "signed")
    n_inputs = width = bits_in * _matrix(layers[0], "fc.weight", 0).shape[1]
    made: list[tuple[int, list[Neuron]]] = []
    n_near = 0
    for number, layer in enumerate(layers):
        last = number == len(layers) - 1
        after = Codes.of(
            bits_out if last else bits_hidden,
            _clip(layer, number),
            signed=last,
            narrow=last and options.get("narrow_range", False),
        )
        if width != codes.bits * _matrix(layer, "fc.weight", number).shape[1]:
            raise ModelError(f"layer {number} is none that fits the {width} bits before it")
        neurons, near = _neurons(layer, number, codes, after)
        made.append((after.bits, neurons))
        n_near += near
        codes, width = after, after.bits * len(neurons)
    if "narrow_range" not in options:
        notes.append(
            "codes of the last layer are signed and use their whole range (--narrow-range)"
        )
    if n_near:
        notes.append(
            f"{n_near} table entries lie within {_EDGE:g} of a rounding edge; torch, in 32 bits, "
            "may have them otherwise: prefer the Verilog that was generated"
        )
    post = layers[-1].get("output_quant.post_transforms.0.weight")
    if "classes" in options and post is not None and not (post > 0).all():
        raise ModelError("the outputs are turned round behind the codes; lutgen takes bits alone")
    return Imported(neuron_network(n_inputs, made, options), tuple(notes))


def _matrix(layer: Mapping[str, Array], name: str, number: int, n_dim: int = 2) -> Array:
    array = layer.get(name)
    if array is None or array.ndim != n_dim or not array.size or array.dtype.kind not in "fiu":
        raise ModelError(f"layer {number} lacks {name}, or it is of another shape")
    return check_finite(f"layer {number}, {name}", array).astype(np.float64)


def _clip(layer: Mapping[str, Array], number: int) -> float:
    """Return where a layer's quantiser clips; its file holds the logarithm."""
    learnt = [array for name, array in layer.items() if _SCALE.fullmatch(name)]
    if len(learnt) != 1 or learnt[0].size != 1:
        raise ModelError(f"layer {number} has {len(learnt)} scales of its output; one is known")
    clip = float(np.exp2(learnt[0].astype(np.float64)).item())
    if not 0 < clip < np.inf:
        raise ModelError(f"layer {number} clips its output at {clip}")
    return clip


def _neurons(
    layer: Mapping[str, Array], number: int, before: Codes, after: Codes
) -> tuple[list[Neuron], int]:
    """Return a layer's neurons, and how many of their entries lie near a rounding edge."""
    weight, mask = (_matrix(layer, name, number) for name in ("fc.weight", "fc.mask.mask"))
    norm = {
        name: _matrix(layer, _NORM + name, number, 1)
        for name in ("weight", "bias", "running_mean", "running_var")
    }
    bias = _matrix(layer, "fc.bias", number, 1) if "fc.bias" in layer else np.zeros(len(weight))
    sizes = {array.size for array in (bias, *norm.values())}
    if mask.shape != weight.shape or sizes != {len(weight)} or (norm["running_var"] < 0).any():
        raise ModelError(f"layer {number}: weights, mask and BatchNorm do not go together")
    gain = norm["weight"] / np.sqrt(norm["running_var"] + _EPSILON)
    shift = norm["bias"] - norm["running_mean"] * gain
    neurons, n_near = [], 0
    for place in range(len(weight)):
        name = f"{number}.{place}"
        reads = np.flatnonzero(mask[place])
        check_fan_in(name, reads.size * before.bits)
        codes, given = _inputs(before, reads.size)
        z = (codes - before.offset) * before.scale @ weight[place, reads] + bias[place]
        level = (z * gain[place] + shift[place]) / after.scale + after.offset
        inside = (level > -1) & (level < after.most + 1) & given
        n_near += int(np.count_nonzero(np.abs(level[inside] % 1 - 0.5) < _EDGE))
        made = np.clip(np.rint(level - after.offset) + after.offset, 0, after.most)
        wires = (reads[:, None] * before.bits + np.arange(before.bits)).ravel()
        neurons.append(Neuron(name, wires, made.astype(np.int64), given))
    return neurons, n_near


def _inputs(before: Codes, n_reads: int) -> tuple[Array, NDArray[np.bool_]]:
    """Return the codes at each address, and whether each address has possible codes alone."""
    address = np.arange(1 << (n_reads * before.bits))
    codes = address[:, None] >> (np.arange(n_reads) * before.bits) & ((1 << before.bits) - 1)
    given: NDArray[np.bool_] = np.all(codes <= before.most, axis=1)
    return codes, given


def _bits(value: Any) -> tuple[int, int, int]:
    items = value.split(",") if isinstance(value, str) else tuple(value)
    if len(items) != 3:
        raise ValueError(f"three whole numbers were expected, e.g. 1,2,2, got {value!r}")
    bits = [whole(item, 1, min(MOST_CODE_BITS, MAX_FAN_IN)) for item in items]
    return bits[0], bits[1], bits[2]


def _truth(value: Any) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if str(value).lower() not in words:
        raise ValueError(f"yes or no was expected, got {value!r}")
    return words[str(value).lower()]


def _input_type(value: Any) -> str:
    if value not in ("signed", "unsigned"):
        raise ValueError(f"signed or unsigned was expected, got {value!r}")
    return str(value)


FORMATS = (
    Format(
        "logicnets",
        "LogicNets, a checkpoint",
        _recognises,
        _read,
        (
            Option("bits", "bits of a code: of the input, of hidden layers, of the last", _bits),
            Option(
                "input_type",
                "unsigned (QuantReLU) or signed (QuantHardTanh); by default unsigned",
                _input_type,
            ),
            Option("input_max", "max_val of the input's quantiser; by default 1", real),
            Option("narrow_range", "of the last quantiser, yes or no; by default no", _truth),
            *OPTIONS,
        ),
    ),
)
