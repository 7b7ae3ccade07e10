"""What the tests of tables that are loaded share: two models of one structure, and their cores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from strategies import voting_network

from lutgen.bits import Bits
from lutgen.chips.registry import get_family
from lutgen.core import Core, CoreConfig, make_core
from lutgen.flow.yosys import simulation_models, yosys_family
from lutgen.model import LutNetwork
from lutgen.model.graph import used_bits

N_INPUTS = 20


def network(k: int | tuple[int, int] = 4, seed: int = 1) -> LutNetwork:
    """Return a small model whose answers differ."""
    return voting_network(np.random.default_rng(seed), N_INPUTS, [10, 6], k, 3, weights=(-1, 1, 2))


def other(model: LutNetwork, seed: int = 2) -> LutNetwork:
    """Return a model of the same structure, its tables drawn."""
    used = used_bits(model.fan_in)
    tables = np.random.default_rng(seed).integers(0, 1 << 64, size=used.size, dtype=np.uint64)
    return replace(model, tables=tables & used, seen=used, tied=0 * used)


def core(
    model: LutNetwork, chip: str = "generic", module: str = "loaded", pipeline: int = 2
) -> Core:
    """Return a core whose tables can be loaded."""
    config = CoreConfig(chip=chip, reloadable=True, pipeline=pipeline, module=module, scores=True)
    return make_core(model, config)


def numbers(model: Core, x: Bits) -> list[int]:
    """Return what stands at ``y``, as numbers."""
    return [int(value) for value in model.interface.values(model.interface.answers(x))]


def models(chip: str) -> tuple[list[Path], dict[str, str]]:
    """Return simulation models of a chip's primitives, and what they want to be defined."""
    if not get_family(chip).yosys:
        return [], {}
    return [simulation_models(chip)], dict(yosys_family(chip).defines)
