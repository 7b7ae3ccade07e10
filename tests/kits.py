"""What the tests of kits and of shells on buses share: a small core that answers every class."""

from __future__ import annotations

from typing import Any

import numpy as np
from strategies import voting_network

from lutgen.core import Core, CoreConfig, make_core
from lutgen.encode.encoder import fit_encoder
from lutgen.model import LutNetwork

FORMATS = ("q4.8", "s17:scale=2^-5", "s8", "u3:scale=0.5:offset=-2")
X = np.random.default_rng(0).normal(size=(40, 4)) * [1, 900, 30, 1]


def network() -> LutNetwork:
    encoder = fit_encoder("thermometer:4:quantile", X)
    rng = np.random.default_rng(46)  # all classes are answered, all votes count
    return voting_network(rng, encoder.n_bits, [9, 6], 4, 3, encoder=encoder, weights=(-1, 0, 1, 2))


def core(chip: str = "generic", module: str = "iris", **options: Any) -> Core:
    config = {"input_format": FORMATS, "accept_rounding": True, "pipeline": 1, **options}
    return make_core(network(), CoreConfig(chip=chip, module=module, **config))
