"""Differentiable weightless networks: checkpoints of dwn2rtl, and state_dicts of torch_dwn.

A LUT's slot j is bit j of its address, its entries are one above 0. The thermometer is no part of a
state_dict; dwn2rtl's checkpoint holds it beside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.encode.encoder import Encoder
from lutgen.errors import ConfigError, ModelError
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Option, Request
from lutgen.importers.parts import (
    CLASSES,
    TAU,
    Stage,
    chained,
    check_finite,
    flat_encoder,
    group_sum,
    thresholds,
)
from lutgen.importers.pickled import Array as PickledArray
from lutgen.importers.pickled import Instance
from lutgen.importers.torch_file import Tensor, is_torch, read_torch, state_dict
from lutgen.model import LutNetwork

Array = NDArray[Any]

_KEY = re.compile(r"(?P<layer>(?:.*\.)?\d+)\.(?P<name>luts|mapping|mapping\.weights)")
_DECOY = "__dummy_mapping"
_STATES = ("state_dict", "model_state_dict", "model")


def lut_stage(luts: Array, mapping: Array | None, weights: Array | None) -> Stage:
    """Return the stage of a LUTLayer.

    Parameters
    ----------
    luts : ndarray of shape (n_luts, 2^n)
    mapping : ndarray of shape (n_luts, n), or None
        What each slot reads, where that was fixed.
    weights : ndarray of shape (n_inputs, n_luts * n), or None
        What each slot may read, where that was learnt: the largest is what it reads.
    """
    if luts.ndim != 2 or not luts.size or luts.shape[1].bit_count() != 1 or luts.shape[1] < 2:
        raise ModelError(f"luts of shape {luts.shape} are no tables of 2^n entries")
    slots = (len(luts), luts.shape[1].bit_length() - 1)
    if weights is not None:
        if weights.ndim != 2 or weights.shape[1] != slots[0] * slots[1] or not len(weights):
            raise ModelError(f"mapping.weights of shape {weights.shape} for {slots} slots")
        wires = check_finite("mapping.weights", weights).argmax(axis=0).reshape(slots)
    elif mapping is None or mapping.shape != slots or mapping.dtype.kind not in "iu":
        found = "none" if mapping is None else f"{mapping.dtype} of shape {mapping.shape}"
        raise ModelError(f"the mapping of {slots} slots is {found}")
    else:
        wires = mapping
    return Stage(wires, check_finite("luts", luts) > 0)


def network_of(
    stages: list[Stage],
    width: int,
    encoder: Encoder | None,
    classes: Array,
    tau: float,
    feature_names: tuple[str, ...] = (),
) -> LutNetwork:
    """Return the network of layers behind a thermometer, or bits, its outputs in groups."""
    n_inputs = width if encoder is None else encoder.n_bits
    return chained(
        n_inputs,
        stages,
        lambda n: group_sum(n, classes, tau, padded=True),
        encoder,
        feature_names=feature_names,
    )


# -- files -------------------------------------------------------------------------------------


def _state(content: Content) -> dict[str, Array]:
    """Return the tensors of the network, be they the file or in a dictionary of the file's."""
    found = content.once(read_torch)
    if not isinstance(found, Mapping):
        return {}
    inner = [state_dict(found.get(key)) for key in _STATES]
    return state_dict(found) or next((item for item in inner if item), {})


def _recognises(content: Content) -> bool:
    return is_torch(content) and any(name.endswith(".luts") for name in _state(content))


def _read(request: Request) -> Imported:
    content, options = request.content, request.options
    stages, width = _stages(content)
    found = content.once(read_torch)
    config = found.get("config") if isinstance(found.get("config"), Mapping) else {}
    encoder, names, notes = _front(request, found, width)
    classes = options.get("classes", _classes_of(found.get("classes"), config))
    if classes is None:
        raise ConfigError("the file does not say how many classes there are (--classes)")
    tau = options.get("tau", config.get("tau", 1.0))
    if isinstance(tau, bool) or not isinstance(tau, int | float):
        raise ModelError(f"tau is {str(tau)[:40]!r}, not a number")
    if "tau" not in options and "tau" not in config:
        notes.append(
            "scores are counts; the file does not say tau, which changes no answer (--tau)"
        )
    network = network_of(stages, width, encoder, classes, float(tau), names)
    return Imported(network, tuple(notes))


def _stages(content: Content) -> tuple[list[Stage], int]:
    """Return the layers, and how many bits the first may read."""
    layers: dict[str, dict[str, Array]] = {}
    for name, array in _state(content).items():
        if name.endswith(_DECOY):
            continue
        matched = _KEY.fullmatch(name)
        if matched is None:
            raise content.fault(f"{name[:60]} is no part of a LUTLayer; lutgen takes those alone")
        layers.setdefault(matched["layer"], {})[matched["name"]] = array
    stages = []
    width = 0
    for layer, told in layers.items():
        if "luts" not in told:
            raise content.fault(f"layer {layer} lacks its luts")
        weights = told.get("mapping.weights")
        stages.append(lut_stage(told["luts"], told.get("mapping"), weights))
        if not width:
            width = 1 + int(stages[0].wires.max()) if weights is None else len(weights)
    if not stages:
        raise content.fault("it holds no LUTLayer of torch_dwn")
    return stages, width


def _front(
    request: Request, found: Mapping[str, Any], width: int
) -> tuple[Encoder | None, tuple[str, ...], list[str]]:
    """Return the thermometer, names of the features, and notes on what features are."""
    thresholds = request.options.get("thresholds", _thresholds_of(found.get("thermometer")))
    if thresholds is None:
        raise ConfigError(
            "the thermometer is not in the file: a state_dict does not hold it (--thresholds: a "
            "file of NumPy's, features by thresholds; or bits, where the features are bits)"
        )
    if isinstance(thresholds, str):
        return None, (), [f"features are the {width} bits of the thermometer that are read"]
    encoder, _ = flat_encoder(thresholds, width)
    assert encoder is not None
    names = _names_of(found.get("feature_names"), encoder.n_features)
    scaler = _scaler_of(found.get("scaler"), encoder.n_features)
    if request.options.get("scaler") != "inside":
        note = (
            "features are standardised, (x - mean) / scale, as the network was trained on them "
            "(--scaler inside puts it into the thresholds)"
        )
        return encoder, names, [note] if scaler else []
    if scaler is None:
        raise ConfigError("the file holds no scaler: features can be taken only as they are")
    note = (
        "features are raw: the scaler is in the thresholds, as (x - mean) / scale in 64 bits, "
        "rounded to 32, with the numbers of the file"
    )
    return _before_scaling(encoder, *scaler), names, [note]


def _thresholds_of(thermometer: Any) -> Array | None:
    """Return the thresholds of a thermometer: an object, a dictionary or a tensor of the file."""
    if isinstance(thermometer, Instance):
        thermometer = thermometer.state
    if isinstance(thermometer, Mapping):
        thermometer = thermometer.get("thresholds")
    return _array(thermometer)


def _array(value: Any) -> Array | None:
    if isinstance(value, Tensor | PickledArray):
        return value.values
    if isinstance(value, list) and value and all(type(item) in (int, float) for item in value):
        return np.array(value, dtype=np.float64)
    return None


def _classes_of(told: Any, config: Mapping[str, Any]) -> Array | None:
    """Return the labels that the file has, or the numbers of as many classes as it says."""
    n_classes = config.get("num_classes")
    if _are_names(told) and n_classes in (None, len(told)):
        return np.array(told)
    if type(n_classes) is int and 1 <= n_classes <= 1 << 16:
        return np.arange(n_classes)
    return None


def _are_names(told: Any) -> bool:
    return (
        isinstance(told, list)
        and 0 < len(told) <= 1 << 16
        and all(isinstance(name, str) and 0 < len(name) <= 200 for name in told)
        and len(set(told)) == len(told)
    )


def _names_of(told: Any, n_features: int) -> tuple[str, ...]:
    return tuple(told) if _are_names(told) and len(told) == n_features else ()


def _scaler_of(told: Any, n_features: int) -> tuple[Array, Array] | None:
    if not isinstance(told, Mapping):
        return None
    mean, scale = (_array(told.get(name)) for name in ("mean", "scale"))
    if mean is None or scale is None:
        return None
    mean, scale = mean.astype(np.float64).ravel(), scale.astype(np.float64).ravel()
    if mean.size != n_features or scale.size != n_features:
        raise ModelError(f"a scaler of {mean.size} features for a thermometer of {n_features}")
    if not (np.isfinite(mean).all() and np.isfinite(scale).all() and (scale > 0).all()):
        raise ModelError("the scaler holds NaN, infinity or a scale that is not above 0")
    return mean, scale


# -- raw features ------------------------------------------------------------------------------


def _before_scaling(standard: Encoder, mean: Array, scale: Array) -> Encoder:
    """Return the thermometer of features before they were standardised, exactly.

    Standardising never turns the order of two numbers round, so what passes a threshold starts at
    one number; it is looked for among all numbers of 64 bits.
    """
    at, per = mean[standard.feature], scale[standard.feature]

    def passes(x: Array) -> Array:
        with np.errstate(over="ignore"):
            scaled: Array = ((x - at) / per).astype(np.float32)
        return scaled.astype(np.float64) >= standard.threshold

    found = least_passing(passes, standard.n_bits)
    if not np.isfinite(found).all():
        raise ModelError("a threshold is beyond what any feature reaches once it is standardised")
    return Encoder(standard.kind, standard.n_features, standard.feature, found)


def least_passing(passes: Callable[[Array], Array], n_items: int) -> Array:
    """Return for each item the least number that passes; what passes must never descend.

    Parameters
    ----------
    passes : callable
        Takes a number for each item, float64, and returns whether each passes.
    """
    low = np.full(n_items, _rank(np.array([-np.finfo(float).max]))[0])
    high = np.full(n_items, _rank(np.array([np.inf]))[0])
    while (low < high).any():
        middle = (low & high) + ((low ^ high) >> 1)
        ok = passes(_number(middle))
        high = np.where(ok, middle, high)
        low = np.where(ok, low, np.minimum(middle + 1, high))
    return _number(high) + 0.0


def _rank(numbers: Array) -> NDArray[np.int64]:
    """Return whole numbers in the order of the numbers, one apart where no number is between."""
    bits = numbers.astype("<f8").view("<i8").astype(np.int64)
    return np.where(bits < 0, np.int64(-(1 << 63)) - bits, bits)


def _number(ranks: NDArray[np.int64]) -> Array:
    return np.where(ranks < 0, np.int64(-(1 << 63)) - ranks, ranks).astype("<i8").view("<f8")


# -- options and formats -----------------------------------------------------------------------


def _thresholds(value: Any) -> Any:
    return value if isinstance(value, str) and value == "bits" else thresholds(value)


def _scaler(value: Any) -> str:
    if value not in ("ahead", "inside"):
        raise ValueError(f"ahead or inside was expected, got {value!r}")
    return str(value)


FORMATS = (
    Format(
        "dwn",
        "DWN, a checkpoint of dwn2rtl or a state_dict of torch_dwn",
        _recognises,
        _read,
        (
            CLASSES,
            TAU,
            Option(
                "thresholds",
                "of the thermometer, where the file lacks it: FILE.npy, features by thresholds; or "
                "bits, where the features are bits",
                _thresholds,
            ),
            Option(
                "scaler",
                "inside: that of the file goes into the thresholds, and features come raw; by "
                "default ahead: features come standardised",
                _scaler,
            ),
        ),
    ),
)
