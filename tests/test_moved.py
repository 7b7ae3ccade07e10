"""Old import paths of public names work, and say what is new."""

import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest
from strategies import random_network

from lutgen import moved
from lutgen.core import CoreConfig
from lutgen.core.config import config_of
from lutgen.errors import ConfigError

PUBLIC = {
    "lutgen.data.encode": ("Encoder", "fit_encoder"),
    "lutgen.data.load": ("load_dataset",),
    "lutgen.data.bits": ("Bits",),
    "lutgen.emit.core": ("build_core", "Core"),
    "lutgen.learn.estimator": ("MemorizationClassifier",),
    "lutgen.learn.boosted_estimator": ("BoostedLutClassifier",),
    "lutgen.target.registry": ("get_family", "FAMILIES"),
    "lutgen.learn.manyclass": ("memorize_classes",),
    "lutgen.learn.wiring": ("Wiring",),
    "lutgen.learn.boost": ("BoostParameters", "boost"),
    "lutgen.learn.memorize": ("Parameters", "memorize"),
    "lutgen.model": ("LutNetwork",),
    "lutgen.archive": ("read_archive",),
}


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names_are_found_where_they_were(module: str) -> None:
    moved_modules = {f"lutgen.{old}" for old in moved.MODULES}
    for name in PUBLIC[module]:
        code = f"from {module} import {name}; print(getattr({name}, '__name__', ''))"
        words = [sys.executable, "-W", "always", "-c", code]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == ("" if name == "FAMILIES" else name)
        if module in moved_modules:
            assert f"DeprecationWarning: {module}.{name} is lutgen." in done.stderr
            assert "the old name goes with the next release" in done.stderr


def test_every_module_that_moved_is_where_it_is_said_to_be() -> None:
    import importlib

    for old, new in moved.MODULES.items():
        if new:
            importlib.import_module(f"lutgen.{new}")
        assert importlib.import_module(f"lutgen.{old}").__name__ == f"lutgen.{old}"
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("lutgen.data.nothing")
    with pytest.raises(AttributeError):
        _ = importlib.import_module("lutgen.data").encoder


def test_cores_are_made_in_the_old_way() -> None:
    with pytest.deprecated_call(match="is lutgen.core.build.make_core now"):
        from lutgen.emit.core import build_core  # type: ignore[import-not-found]

    network = random_network(np.random.default_rng(0), 5, [3, 1], 3)
    with pytest.deprecated_call(match="chip='ice40-hx8k'"):
        core = build_core(network, target="ice40", grade="hx8k", fmax_target_mhz=80)
    assert "SB_LUT4" in core.verilog and core.config.chip == "ice40-hx8k"
    with pytest.deprecated_call(match="target and grade are one by now: chip='ice40'"):
        assert "SB_LUT4" in network.to_verilog(target="ice40", pipeline=1)


@pytest.mark.parametrize(
    ("options", "chip"),
    [({}, "ecp5"), ({"target": "ice40"}, "ice40"), ({"grade": "x"}, "generic-x")],
)
def test_options_of_a_core(options: dict[str, Any], chip: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = config_of(CoreConfig(chip="ecp5", pipeline=2), options)
    assert (config.chip, config.pipeline) == (chip, 2)
    with pytest.raises(ConfigError, match="a core has no option pipelines; there are: chip, pipe"):
        config_of(None, {"pipelines": 3})
