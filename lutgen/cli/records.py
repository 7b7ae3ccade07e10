"""The records that the commands print as JSON and leave in an output folder."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from lutgen import __version__
from lutgen.core import Core
from lutgen.model import Argmax, LutNetwork, Provenance
from lutgen.netlist.stats import netlist_stats


def model_record(network: LutNetwork) -> dict[str, Any]:
    """Return what a model is."""
    classes = network.classes.tolist() if isinstance(network.head, Argmax) else []
    return {
        "digest": network.digest,
        "n_inputs": network.n_inputs,
        "n_luts": network.n_luts,
        "n_layers": network.n_layers,
        "n_cone": int(network.cone.sum()),
        "fan_in": np.unique(network.fan_in).tolist(),
        "classes": [str(label) for label in classes],
        "encoder": network.encoder.describe(),
        "n_outputs": int(network.outputs.size),
        "head": network.describe_head(),
        "care": care_record(network),
        "training": _training(network.provenance),
    }


def _training(known: Provenance) -> dict[str, Any]:
    """Return how a model came to be, parameters beside accuracies."""
    record = known.to_json()
    return {**record.pop("parameters"), **record}


def care_record(network: LutNetwork) -> dict[str, int]:
    """Return how many table entries training samples reached, and how many of them tied."""
    entries = int(np.left_shift(1, network.fan_in.astype(np.int64)).sum())
    return {
        "entries": entries,
        "seen": int(np.bitwise_count(network.seen).sum()),
        "tied": int(np.bitwise_count(network.tied).sum()),
    }


def core_record(core: Core) -> dict[str, Any]:
    """Return what a model's hardware is."""
    family = core.family
    return {
        "lutgen": __version__,
        "module": core.module,
        "target": family.name,
        "pipeline": core.config.pipeline,
        "timing": asdict(core.timing) if core.timing else None,
        "latency_cycles": core.netlist.latency,
        "model": model_record(core.network),
        "netlist": netlist_stats(core.netlist).to_json(),
        "logic": netlist_stats(core.logic).to_json(),
        "passes": [stats.to_json() for stats in core.passes],
        "devices": {
            device.name: {"title": device.title, "luts": device.luts, "source": device.source}
            for device in family.devices.values()
        },
    }
