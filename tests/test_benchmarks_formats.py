"""Models of tables of floats and of negative numbers, their encoder in hardware: small and fast."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from needed import need_folder

from lutgen.core import Interface
from lutgen.errors import ConfigError
from lutgen.learn.boost import BoostParameters

SOURCE = Path(__file__).parents[1] / "benchmarks" / "formats.py"
SPEC = importlib.util.spec_from_file_location("benchmark_formats", SOURCE)
assert SPEC is not None and SPEC.loader is not None
formats = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(formats)

SMALL = BoostParameters(luts_per_class=3)


@pytest.mark.parametrize("name", formats.TABLES)
def test_hardware_equals_the_model_on_the_codes(name: str) -> None:
    folder = need_folder("data", name.partition(":")[0])
    network, dataset = formats.learn(name, folder.parent, SMALL)
    is_whole = name in ("uci:adult", "uci:shuttle")
    for text in ("auto", *formats.TABLES[name][1]):
        result = formats.measure(network, dataset, text)
        assert result["equal"] == [len(dataset.X_test)] and result["proved"]
        train, test = result["changes"]["train"], result["changes"]["test"]
        assert test["answers_changed"] <= test["bits_changed"]
        is_lossless = is_whole or text == "auto"
        assert (result["lost_thresholds"] == 0) == is_lossless
        assert (train["bits_changed"] == 0) == is_lossless
        if not is_lossless:
            with pytest.raises(ConfigError, match=r"threshold .* would do"):
                Interface.taking(network, text)
