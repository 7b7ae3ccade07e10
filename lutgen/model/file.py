"""The model's file: what of a network it holds, in which version, and older versions read.

A file of version 3 is a ``.npz`` of vectors (:mod:`lutgen.model.archive`): the graph's arrays, the
outputs, the encoder's comparators and the head's arrays; what the comparators make of missing
values, where there may be any; where they are known, the training values around the encoder's
thresholds; and metadata in JSON: sizes, the kinds of encoder and head, names, digests and the
provenance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.encode.encoder import Encoder
from lutgen.encode.formats import FeatureFormat
from lutgen.encode.seen import SeenValues
from lutgen.encode.window import Window
from lutgen.errors import ConfigError, ModelError
from lutgen.model.archive import read_archive, write_archive
from lutgen.model.graph import ARRAYS
from lutgen.model.head import Argmax, Bits, Head, Sum
from lutgen.model.migrate import OLDEST_VERSION, digest_of_version_2, migrate
from lutgen.model.network import LutNetwork
from lutgen.model.provenance import Provenance

FORMAT = "lutgen.LutNetwork"
FORMAT_VERSION = 3

_MEMBERS = {**ARRAYS, "outputs": "<i4", "encoder_feature": "<i4", "encoder_threshold": "<f8"}
_HEAD_MEMBERS: dict[str, dict[str, str]] = {
    Argmax.kind: {"weights": "<i4", "bias": "<i4", "classes": ""},
    Sum.kind: {"weights": "<i4", "bias": "<i4"},
    Bits.kind: {},
}
_OF_MISSING = ("missing", "nullable")  # members "encoder_…", each where the encoder has it
_SEEN = tuple(item.name for item in fields(SeenValues))  # members "seen_…", all of them or none
_NAMES = {
    *_MEMBERS,
    *(f"encoder_{name}" for name in _OF_MISSING),
    *(f"seen_{name}" for name in _SEEN),
    *(name for names in _HEAD_MEMBERS.values() for name in names),
}
_MAX_TEXTS = 1 << 20


def save(network: LutNetwork, path: Path) -> None:
    """Write a network to a file; see :meth:`LutNetwork.save`."""
    head = network.head
    meta: dict[str, Any] = {
        "n_inputs": network.n_inputs,
        "encoder": {"kind": network.encoder.kind, "n_features": network.encoder.n_features},
        "head": {"kind": head.kind},
        "feature_names": list(network.feature_names),
        "categories": {column: list(values) for column, values in network.categories.items()},
        "digest": network.digest,
        "aliases": list(network.aliases),
        "provenance": network.provenance.to_json(),
    }
    if (window := network.encoder.window) is not None:
        meta["encoder"]["window"] = {
            "length": window.length,
            "kinds": list(window.kinds),
            "formats": [str(item) for item in window.formats],
            "channels": list(window.channels),
        }
    arrays: dict[str, NDArray[Any]] = {
        name: getattr(network, name).astype(dtype)
        for name, dtype in _MEMBERS.items()
        if not name.startswith("encoder_")
    }
    arrays["encoder_feature"] = network.encoder.feature.astype("<i4")
    arrays["encoder_threshold"] = network.encoder.threshold.astype("<f8")
    for name in _OF_MISSING:
        if (array := getattr(network.encoder, name)) is not None:
            arrays[f"encoder_{name}"] = array.astype("|b1")
    if network.encoder.seen:
        for name in _SEEN:
            arrays[f"seen_{name}"] = getattr(network.encoder.seen, name).astype("<f8")
    if isinstance(head, Argmax | Sum):
        arrays["weights"] = head.weights.astype("<i4").reshape(-1)  # row by row
        arrays["bias"] = head.bias.astype("<i4")
    if isinstance(head, Argmax):
        arrays["classes"] = head.classes.astype(head.classes.dtype.newbyteorder("<"))
    if isinstance(head, Sum) or (isinstance(head, Argmax) and (head.scale, head.offset) != (1, 0)):
        meta["head"] |= {"scale": head.scale, "offset": head.offset}
    if isinstance(head, Bits):
        meta["head"]["names"] = list(head.names)
    write_archive(path, FORMAT, FORMAT_VERSION, meta, arrays)


def load(path: str | Path) -> LutNetwork:
    """Read a network from a file; see :meth:`LutNetwork.load`."""
    path = Path(path)
    try:
        version, meta, arrays = read_archive(path, FORMAT, (OLDEST_VERSION, FORMAT_VERSION), _NAMES)
        if version < FORMAT_VERSION:
            meta = migrate(version, meta)
        network = _network(meta, arrays)
        return _checked(network, version, meta)
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}") from error
    except (ModelError, ConfigError) as error:
        raise ModelError(f"{path}: {error}") from error


def _checked(network: LutNetwork, version: int, meta: Mapping[str, Any]) -> LutNetwork:
    """Return the network if the file's digest is that of what it holds."""
    found = network.digest if version >= FORMAT_VERSION else digest_of_version_2(network)
    if found != meta.get("digest"):
        raise ModelError("its contents do not match its digest: damaged; copy or train it again")
    return network


def _network(meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> LutNetwork:
    encoder, head = meta.get("encoder"), meta.get("head")
    faults = []
    if not isinstance(encoder, dict):
        faults.append("metadata lacks the encoder")
        encoder = {}
    if not isinstance(head, dict) or head.get("kind") not in [*_HEAD_MEMBERS]:
        faults.append("metadata lacks the head, or it is of a kind that is not known")
        head = {"kind": Bits.kind}
    wanted = {**_MEMBERS, **_HEAD_MEMBERS[head["kind"]]}
    if missing := [f"{name}.npy" for name in wanted if name not in arrays]:
        raise ModelError(f"incomplete: {', '.join(missing)} missing; save it again")
    faults += [
        f"{name} has dtype {arrays[name].dtype} instead of {np.dtype(dtype)}"
        for name, dtype in wanted.items()
        if dtype and arrays[name].dtype != np.dtype(dtype)
    ]
    n_inputs, n_features = meta.get("n_inputs"), encoder.get("n_features")
    for name, number in (("inputs", n_inputs), ("features", n_features)):
        if not isinstance(number, int) or not 1 <= number < 1 << 31:
            faults.append(f"its number of {name} is {str(number)[:40]}")
    faults += [
        f"encoder_{name} must hold truth values"
        for name in _OF_MISSING
        if f"encoder_{name}" in arrays and arrays[f"encoder_{name}"].dtype != np.bool_
    ]
    if faults:
        raise ModelError("; ".join(faults))
    assert isinstance(n_inputs, int) and isinstance(n_features, int)
    members = {
        name: arrays[name].astype(np.dtype(dtype).newbyteorder("="))
        for name, dtype in _MEMBERS.items()
        if not name.startswith("encoder_")
    }
    return LutNetwork(
        n_inputs=n_inputs,
        **members,
        head=_head(head, arrays, members["outputs"].size),
        encoder=Encoder(
            str(encoder.get("kind")),
            n_features,
            arrays["encoder_feature"].astype(np.int32),
            arrays["encoder_threshold"].astype(np.float64),
            _seen(arrays),
            window=_window(encoder.get("window")),
            **{
                name: arrays[f"encoder_{name}"].view(np.uint8) != 0
                for name in _OF_MISSING
                if f"encoder_{name}" in arrays
            },
        ),
        feature_names=_texts(meta, "feature_names"),
        provenance=Provenance.from_json(meta.get("provenance")),
        aliases=_texts(meta, "aliases"),
        categories=_categories(meta.get("categories", {})),
    )


def _seen(arrays: Mapping[str, NDArray[Any]]) -> SeenValues | None:
    """Return the training values around the thresholds; None where a file does not have them."""
    given = {name: arrays[f"seen_{name}"] for name in _SEEN if f"seen_{name}" in arrays}
    if not given:
        return None
    if missing := [f"seen_{name}.npy" for name in _SEEN if name not in given]:
        raise ModelError(f"incomplete: {', '.join(missing)} missing; save it again")
    if any(array.dtype != np.dtype("<f8") for array in given.values()):
        raise ModelError("its training values must have dtype float64")
    return SeenValues(**{name: array.astype(np.float64) for name, array in given.items()})


def _window(found: Any) -> Window | None:
    if found is None:
        return None
    length = found.get("length") if isinstance(found, dict) else None
    if isinstance(length, bool) or not isinstance(length, int):
        raise ModelError("its window says no number of steps")
    formats = tuple(FeatureFormat.parse(text) for text in _texts(found, "formats"))
    return Window(length, _texts(found, "kinds"), formats, _texts(found, "channels"))


def _categories(found: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(found, dict):
        raise ModelError("its categories must be lists of texts by the name of their column")
    return {str(column): _texts(found, column) for column in found}


def _head(meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], n_outputs: int) -> Head:
    if meta["kind"] == Bits.kind:
        return Bits(_texts(meta, "names"))
    weights, bias = arrays["weights"].astype(np.int32), arrays["bias"].astype(np.int32)
    if weights.size == bias.size * n_outputs:
        weights = weights.reshape(bias.size, n_outputs)
    is_argmax = meta["kind"] == Argmax.kind
    scale, offset = (
        meta.get(name, default if is_argmax else None)
        for name, default in (("scale", 1.0), ("offset", 0.0))
    )
    for name, value in (("scale", scale), ("offset", offset)):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ModelError(f"its head's {name} is {str(value)[:40]}, not a number")
    if is_argmax:
        return Argmax(weights, bias, arrays["classes"], float(scale), float(offset))
    return Sum(weights, bias, float(scale), float(offset))


def _texts(meta: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = meta.get(name, [])
    if (
        not isinstance(value, list)
        or len(value) > _MAX_TEXTS
        or not all(isinstance(item, str) for item in value)
    ):
        raise ModelError(f"its {name.replace('_', ' ')} must be a list of texts")
    return tuple(value)
