"""torchlogix's state_dicts of dense and convolutional layers.

A state_dict holds parameters and, since mid-2026, the wiring; what else the network is made of has
to be said: see the options.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ConfigError, ModelError
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Option, Request
from lutgen.importers.parts import BETA, N_INPUTS, TAU, THRESHOLDS, labels, up_to_the_last, whole
from lutgen.importers.torch_file import is_torch, read_torch, state_dict
from lutgen.importers.torchlogix_layers import (
    PARAMETRIZATIONS,
    Binarization,
    Conv,
    Dense,
    GroupSum,
    Part,
    Pool,
    assemble,
    chosen_wires,
    learnt_thresholds,
)

Array = NDArray[Any]

_SUFFIX = re.compile(
    r"(?:(?P<module>.*?)\.)?(?P<name>weight|thresholds|raw_diffs|connections\.(?:indices|weights)|"
    r"_export_lut_ids|_export_lut_ids_L\d+|tree_weights\.\d+|connections\._indices_L\d+)"
)


def _modules(tensors: Mapping[str, Array]) -> dict[str, dict[str, Array]] | None:
    """Return the tensors of each module by the names of both; None if one is of no module.

    Modules come in the order of the file, in which torch has registered them.
    """
    found: dict[str, dict[str, Array]] = defaultdict(dict)
    for key, array in tensors.items():
        matched = _SUFFIX.fullmatch(key)
        if matched is None:
            return None
        found[matched["module"] or ""][matched["name"]] = array
    return dict(found)


def _recognises_state(content: Content) -> bool:
    if not is_torch(content):
        return False
    modules = _modules(_state(content))
    if not modules:
        return False
    names = set().union(*modules.values())
    if any(name.startswith(("connections.", "tree_weights.")) for name in names):
        return True
    widths = [m["weight"].shape[-1] for m in modules.values() if m.get("weight", np.zeros(0)).ndim]
    return names <= {"weight", "thresholds", "raw_diffs"} and set(widths) <= {4, 16, 64} != set()


def _state(content: Content) -> dict[str, Array]:
    """Return the tensors of a state_dict, be it the file or in a dictionary of the file's."""
    found = content.once(read_torch)
    tensors = state_dict(found)
    if not tensors and isinstance(found, dict):
        inner = [state_dict(found.get(key)) for key in ("state_dict", "model_state_dict", "model")]
        tensors = next((item for item in inner if item), {})
    return tensors


def _read_state(request: Request) -> Imported:
    options = request.options
    modules = _modules(_state(request.content))
    if not modules:
        raise request.content.fault("it is no state_dict of torchlogix's layers")
    convolutions = [name for name, tensors in modules.items() if "tree_weights.0" in tensors]
    paddings = _for_each(options.get("padding"), len(convolutions), "padding")
    pools = _for_each(options.get("pooling"), len(convolutions), "pooling")
    parts: list[Part] = []
    for name, tensors in modules.items():
        if name in convolutions:
            number = convolutions.index(name)
            parts.append(_conv_of(tensors, paddings[number]))
            if pools[number] is not None:
                parts.append(pools[number])
        else:
            parts.append(_part_of(name, tensors))
    if "classes" not in options:
        raise ConfigError(
            "the file does not say how many classes the outputs vote for (--classes; bits: the "
            "outputs are the answer themselves)"
        )
    classes = options["classes"]
    notes = []
    if classes is not None:
        tau, beta = options.get("tau", 1.0), options.get("beta", 0.0)
        parts.append(GroupSum(classes.size, tau, beta))
        if not {"tau", "beta"} <= options.keys():
            notes.append(
                f"scores are (count + {beta:g}) / {tau:g}; the file does not say tau and beta, "
                "which change no answer (--tau, --beta)"
            )
    if convolutions and "pooling" not in options:
        notes.append("nothing is pooled behind the convolutions (--pooling)")
    network = assemble(
        parts,
        parametrization=options.get("parametrization"),
        input_shape=options.get("input_shape"),
        n_inputs=options.get("n_inputs"),
        classes=classes,
        thresholds=options.get("thresholds"),
    )
    if network.encoder.kind == "binary":
        notes.append("features are bits, 0 and 1 (--thresholds)")
        if not convolutions and "n_inputs" not in options:
            notes.append(up_to_the_last(network.n_inputs))
    return Imported(network, tuple(notes))


def _for_each(given: Sequence[Any] | None, n_items: int, name: str) -> list[Any]:
    """Return a value for each convolution, of one for all or one each."""
    if given is None:
        return [None] * n_items
    if len(given) not in (1, n_items):
        raise ConfigError(f"{name}: {len(given)} values for {n_items} convolutions")
    return list(given) * (n_items if len(given) == 1 else 1)


def _part_of(name: str, tensors: Mapping[str, Array]) -> Part:
    match tensors:
        case {"raw_diffs": differences}:
            return Binarization(learnt_thresholds(differences))
        case {"thresholds": thresholds}:
            return Binarization(thresholds)
        case {"connections.weights": candidates, "connections.indices": indices, **rest}:
            wires = chosen_wires(candidates, indices)
        case {"connections.indices": wires, **rest}:
            pass
        case _:
            raise ModelError(
                f"the layer {name or 0} has no connections.indices: files of torchlogix of before "
                "mid-2026 do not hold the wiring, and cannot be imported; save the model anew, or "
                "write its circuit as JSON"
            )
    if "weight" not in rest or rest["weight"].ndim != 2:
        raise ModelError(f"the layer {name or 0} lacks its weight")
    return Dense(rest["weight"], wires, rest.get("_export_lut_ids"))


def _conv_of(tensors: Mapping[str, Array], padding: int | None) -> Conv:
    levels = sum(name.startswith("tree_weights.") for name in tensors)
    try:
        weights = [tensors[f"tree_weights.{level}"] for level in range(levels)]
        indices = [tensors[f"connections._indices_L{level}"] for level in range(levels)]
    except KeyError as error:
        raise ModelError(f"a convolution lacks {error.args[0]}") from error
    return Conv(weights, indices, padding)


# -- options and formats -----------------------------------------------------------------------


def _classes(value: Any) -> Array | None:
    return None if isinstance(value, str) and value == "bits" else labels(value)


def _parametrization(value: Any) -> str:
    if value not in PARAMETRIZATIONS:
        raise ValueError(f"one of {', '.join(PARAMETRIZATIONS)} was expected, got {value!r}")
    return str(value)


def _numbers(value: Any) -> tuple[int, ...]:
    if isinstance(value, str):
        value = re.split("[,x]", value)
    items = value if isinstance(value, Sequence | np.ndarray) else [value]
    return tuple(whole(item, 0, 1 << 16) for item in items)


def _shape(value: Any) -> tuple[int, ...]:
    shape = _numbers(value)
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"channels, height and width were expected, got {value!r}")
    return shape


def _pooling(value: Any) -> tuple[Pool | None, ...]:
    """Parse ``2`` or ``2:2:0,2:2:1,none``: size, stride and padding behind each convolution."""
    texts = value.split(",") if isinstance(value, str) else value
    texts = texts if isinstance(texts, list | tuple) else [texts]
    pools: list[Pool | None] = []
    for text in texts:
        if text in ("none", None):
            pools.append(None)
            continue
        words = text.split(":") if isinstance(text, str) else np.atleast_1d(text).tolist()
        numbers = [whole(word, 0, 1 << 10) for word in words]
        if not 1 <= len(numbers) <= 3 or min(numbers[:2]) < 1:
            raise ValueError(f"SIZE:STRIDE:PADDING was expected, e.g. 2:2:0, got {text!r}")
        pools.append(Pool(*numbers, *(numbers[0], numbers[0], 0)[len(numbers) :]))
    return tuple(pools)


_CLASSES = Option(
    "classes",
    "how many classes, or their labels separated by commas; bits: the outputs are the answer",
    _classes,
)
FORMATS = (
    Format(
        "torchlogix",
        "torchlogix, a state_dict",
        _recognises_state,
        _read_state,
        (
            Option(
                "parametrization", "raw, warp or light, where shapes do not tell", _parametrization
            ),
            _CLASSES,
            TAU,
            BETA,
            THRESHOLDS,
            N_INPUTS,
            Option(
                "input_shape",
                "CHANNELS,HEIGHT,WIDTH of what a convolution takes, before it is binarised",
                _shape,
            ),
            Option("padding", "of the convolutions: one for all, or one each", _numbers),
            Option(
                "pooling",
                "or-pooling behind the convolutions, SIZE:STRIDE:PADDING or none, one for all or "
                "one each; by default none",
                _pooling,
            ),
        ),
    ),
)
