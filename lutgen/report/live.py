"""The network as data of the page, for the script that runs it there (``network.js``).

Arrays are little-endian bytes in URL-safe base64; what the script computes of them is what
:class:`lutgen.model.LutNetwork` defines.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.encode.encoder import CODE
from lutgen.model import Argmax, LutNetwork, Sum
from lutgen.model.structure import parts_of
from lutgen.records.learnt import EvaluationRecord, NumbersRecord

_MOST_CHARACTERS = 1_000_000
_MOST_EXAMPLE_VALUES = 30_000
_MOST_FIELDS = 24
_MOST_SIDE = 64


def page_data(
    network: LutNetwork | None, evaluation: EvaluationRecord | NumbersRecord | None
) -> dict[str, Any] | None:
    """Return what the page's script needs; None where the network is too large for a page.

    Networks of windows have none either: their samples are not features.
    """
    if network is None or not network.n_luts or network.encoder.window is not None:
        return None
    encoder, head = network.encoder, network.head
    large = (network.wires, network.tables, encoder.threshold, encoder.feature)
    n_bytes = sum(array.nbytes for array in large)
    if 4 * n_bytes > 3 * _MOST_CHARACTERS:
        return None
    shape = evaluation.feature_shape if isinstance(evaluation, EvaluationRecord) else ()
    low, high = _range(network, evaluation)
    missing = np.zeros(encoder.n_bits, bool) if encoder.missing is None else encoder.missing
    data: dict[str, Any] = {
        "nInputs": network.n_inputs,
        "nFeatures": encoder.n_features,
        "names": list(network.feature_names),
        "code": encoder.kind == CODE,
        "feature": packed(encoder.feature, "<i4"),
        "threshold": packed(encoder.threshold, "<f8"),
        "missing": packed(missing, "u1"),
        "fanIn": packed(network.fan_in, "u1"),
        "wires": packed(network.wires, "<i4"),
        "tables": packed(network.tables, "<u8"),
        "layer": packed(network.layer, "<i4"),
        "cone": packed(network.cone, "u1"),
        "lutNames": _prefixes(network),
        "outputs": packed(network.outputs, "<i4"),
        "head": head.kind,
        "parts": {name: packed(luts, "u1") for name, luts in parts_of(network).items()},
        "low": low,
        "high": high,
        "image": _image(shape, encoder.n_features),
        "fields": encoder.n_features <= _MOST_FIELDS,
        "examples": _examples(evaluation),
    }
    if isinstance(head, Argmax | Sum):
        data |= {
            "weights": packed(head.weights, "<i4"),
            "bias": packed(head.bias, "<i4"),
            "scale": head.scale,
            "offset": head.offset,
        }
    if isinstance(head, Argmax):
        data["classes"] = [str(label) for label in head.classes.tolist()]
    return data


def packed(array: NDArray[Any], dtype: str) -> str:
    """Return an array's bytes as text."""
    return base64.urlsafe_b64encode(array.astype(dtype).tobytes()).decode("ascii")


def _prefixes(network: LutNetwork) -> list[int]:
    """Return where each layer begins, from layer 1 on: LUTs are named by layer and place in it."""
    starts = np.searchsorted(network.layer, np.arange(1, network.n_layers + 1))
    return [int(start) for start in starts]


def _image(shape: tuple[int, ...], n_features: int) -> list[int]:
    fits = len(shape) == 2 and shape[0] * shape[1] == n_features and max(shape) <= _MOST_SIDE
    return list(shape) if fits else []


def _range(
    network: LutNetwork, evaluation: EvaluationRecord | NumbersRecord | None
) -> tuple[list[float], list[float]]:
    """Return the least and the largest value of each feature, as far as they are known."""
    encoder = network.encoder
    if encoder.seen is not None:
        low, high = (np.nan_to_num(values) for values in (encoder.seen.low, encoder.seen.high))
        return low.tolist(), high.tolist()
    samples = evaluation.examples if isinstance(evaluation, EvaluationRecord) else ()
    if samples:
        known = np.array([item.features for item in samples], dtype=np.float64)
        known = np.nan_to_num(known)
        return known.min(axis=0).tolist(), known.max(axis=0).tolist()
    return [0.0] * encoder.n_features, [1.0] * encoder.n_features


def _examples(evaluation: EvaluationRecord | NumbersRecord | None) -> list[dict[str, Any]]:
    if not isinstance(evaluation, EvaluationRecord) or not evaluation.examples:
        return []
    most = _MOST_EXAMPLE_VALUES // max(1, len(evaluation.examples[0].features))
    return [
        {"x": [_short(value) for value in item.features], "label": item.label}
        for item in evaluation.examples[:most]
    ]


def _short(value: float | None) -> float | int | None:
    return int(value) if value is not None and value.is_integer() else value
