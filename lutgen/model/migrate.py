"""Files of older versions: their metadata in today's form, and the digests that they bear."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from lutgen.errors import ModelError
from lutgen.model.head import Argmax
from lutgen.model.network import LutNetwork

OLDEST_VERSION = 2

_PARTS = ("data", "task", "split", "source", "n_samples", "interrupted", "wiring_chosen", "history")
_ACCURACIES = ("train_accuracy", "validation_accuracy", "test_accuracy")


def migrate(version: int, meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of an older version's file as that of the present one.

    Raises
    ------
    ModelError
        If the metadata is not what that version wrote.
    """
    assert version == OLDEST_VERSION
    training = meta.get("training")
    if not isinstance(training, dict):
        raise ModelError("metadata lacks the training record")
    digest = meta.get("digest")
    return {
        **{name: meta[name] for name in ("n_inputs", "encoder", "digest") if name in meta},
        "head": {"kind": Argmax.kind},
        "aliases": [digest] if isinstance(digest, str) else [],
        "provenance": _provenance(training),
    }


def _provenance(training: Mapping[str, Any]) -> dict[str, Any]:
    """Return the untyped record of version 2 as a provenance; what is left are parameters."""
    rest = dict(training)
    known = {name: rest.pop(name) for name in ("learner", *_PARTS, *_ACCURACIES) if name in rest}
    rest.pop("n_luts", None)  # of the best round; the network says it
    layers = rest.pop("layers", [])
    if isinstance(layers, list):
        known["layers"] = layers
    if isinstance(optimised := rest.pop("optimised", None), dict):
        known["optimised"] = {
            "original": optimised.get("from", ""),
            "policy": optimised.get("policy", ""),
            "validation": optimised.get("validation", {}),
        }
    if "n_layers" in rest:  # boosting called its parameter so, as `layers` was taken
        rest["layers"] = rest.pop("n_layers")
    return {**known, "parameters": rest}


def digest_of_version_2(network: LutNetwork) -> str:
    """Return the digest that version 2 gave a network, which its bitstreams bear.

    It covers the layers, the encoder's kind and the version of the file beside the function.
    """
    assert isinstance(network.head, Argmax)
    sha = hashlib.sha256()
    parts = [
        np.array([2, network.n_inputs, network.encoder.n_features], dtype="<i8"),
        network.fan_in,
        network.wires.astype("<i4"),
        network.tables.astype("<u8"),
        network.layer.astype("<i4"),
        network.outputs.astype("<i4"),
        network.head.weights.astype("<i4"),
        network.head.bias.astype("<i4"),
        network.encoder.feature.astype("<i4"),
        network.encoder.threshold.astype("<f8"),
    ]
    names = json.dumps([network.encoder.kind, [repr(c) for c in network.classes.tolist()]])
    for data in [part.tobytes() for part in parts] + [names.encode()]:
        sha.update(len(data).to_bytes(8, "little"))
        sha.update(data)
    return sha.hexdigest()
