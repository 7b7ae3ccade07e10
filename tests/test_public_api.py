"""What lutgen offers by its name alone: a list that is pinned."""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest

import lutgen

NAMES = [
    "Argmax",
    "Bits",
    "BoostedLutClassifier",
    "BoostedLutRegressor",
    "BoostedLutSearch",
    "CoreConfig",
    "Encoder",
    "LutAnomalyDetector",
    "LutNetwork",
    "MemorizationClassifier",
    "Sum",
    "__version__",
    "build",
    "fit_encoder",
    "from_lightgbm",
    "from_sklearn",
    "from_torch",
    "from_xgboost",
    "load",
    "make_core",
    "prove",
    "simulate",
    "synthesise",
]


def test_the_list_is_this_one() -> None:
    assert sorted(lutgen.__all__) == NAMES
    assert set(lutgen.__all__) <= set(dir(lutgen))


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(lutgen, name)
    if name != "__version__":
        doc = inspect.getdoc(value)
        assert doc and doc.splitlines()[0].endswith((".", ";")), name
        assert value.__module__.startswith("lutgen.")


def test_other_names_are_missing() -> None:
    with pytest.raises(AttributeError, match="module 'lutgen' has no attribute 'nonsense'"):
        lutgen.nonsense  # noqa: B018


def test_a_model_is_loaded_from_a_path_of_either_kind(tmp_path: Path) -> None:
    path = tmp_path / "xor.npz"
    network = lutgen.LutNetwork.from_luts(2, [((0, 1), 0b0110)])
    network.save(path)
    for name in (path, str(path)):
        loaded = lutgen.load(name)
        assert loaded.digest == network.digest
        assert np.array_equal(loaded.predict([[0, 1], [1, 1]]), [[1], [0]])
