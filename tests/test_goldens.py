"""What lutgen 0.1.0 made of the same data: models, files and hardware stay as they were.

The goldens were written by commit be4ea4e: ``learnt.json`` has a digest of the arrays of networks
that both learners learnt, ``format2_*.npz`` are three of them in file format 2, ``format2.json``
has what they answered, and ``verilog.json`` digests of their hardware, comments left out.

Of columns with fractions, 0.1.0 took training values as thresholds; by now they are the shortest
numbers that part the same training samples. So the two models of such columns are compared with
that step left out; with it, all but the thresholds is as before, unless samples that no threshold
was fitted to decide when the learning ends.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

import lutgen.encode.encoder as fitting
from lutgen.core import CoreConfig, make_core
from lutgen.emit.verilog import emit_verilog
from lutgen.learn.estimators.boosting import BoostedLutClassifier
from lutgen.learn.estimators.memorization import MemorizationClassifier
from lutgen.model import Argmax, LutNetwork

GOLDEN = Path(__file__).parent / "golden"
LEARNT: dict[str, str] = json.loads((GOLDEN / "learnt.json").read_text())
FILES: dict[str, dict[str, Any]] = json.loads((GOLDEN / "format2.json").read_text())
VERILOG: dict[str, str] = json.loads((GOLDEN / "verilog.json").read_text())
DATA = {"digits": load_digits, "breast_cancer": load_breast_cancer}


def _memorized(labels: Callable[[Any], Any], **parameters: Any) -> LutNetwork:
    digits = load_digits()
    model = MemorizationClassifier(**parameters).fit(
        digits.data[:1200], labels(digits.target[:1200])
    )
    return model.network_


def _boosted(n: int = 1200, **parameters: Any) -> LutNetwork:
    digits = load_digits()
    model = BoostedLutClassifier(criterion="absolute", **parameters)
    return model.fit(digits.data[:n], digits.target[:n]).network_


def _two_classes() -> LutNetwork:
    data = load_breast_cancer()
    model = BoostedLutClassifier(
        luts_per_class=15,
        encoder="thermometer:4:gain",
        random_state=1,
        interactions=3,
        criterion="absolute",
    )
    return model.fit(data.data[:400], data.target_names[data.target[:400]]).network_


def _weighted() -> LutNetwork:
    wine = load_wine()
    model = BoostedLutClassifier(
        luts_per_class=12,
        criterion="absolute",
        refit_on_all=False,
        patience=3,
        validation_fraction=0.2,
        encoder="thermometer:4:quantile",
        random_state=9,
    )
    weights = 1 + np.arange(len(wine.target)) % 3
    return model.fit(wine.data, wine.target, sample_weight=weights).network_


LEARNERS: dict[str, Callable[[], LutNetwork]] = {
    "memorize_digits_ge5": lambda: _memorized(
        lambda y: (y >= 5).astype(int),
        k=6, widths=(48,) * 3, encoder="thermometer:3:quantile", random_state=3,
    ),
    "memorize_window_neighbour": lambda: _memorized(
        lambda y: y % 2,
        k=5, widths=(64, 40), wiring="window:24", fill="neighbour", feature_shape=(8, 8),
        encoder="threshold:8", random_state=1,
    ),
    "memorize_k10_majority_cone": lambda: _memorized(
        lambda y: y % 2,
        k=10, widths=(40, 40), fill="majority", cone_only=True, encoder="threshold:8",
        random_state=7,
    ),
    "boost_digits": lambda: _boosted(
        luts_per_class=6, encoder="thresholds:4,8,12", random_state=0
    ),
    "boost_digits_gain_shift": lambda: _boosted(
        k=4, luts_per_class=5, encoder="gain:90", interactions=2, random_state=5,
        search_samples=2000,
    ),
    "boost_digits_shift_layers": lambda: _boosted(
        800,
        k=5, luts_per_class=6, layers=2, shift=1, feature_shape=(8, 8), encoder="threshold:8",
        random_state=2,
    ),
    "boost_two_classes": _two_classes,
    "boost_patience_weights": _weighted,
}  # fmt: skip


def digest_of_arrays(network: LutNetwork) -> str:
    """Return a digest of all that a learner decides."""
    sha = hashlib.sha256()
    head = network.head
    assert isinstance(head, Argmax)
    arrays = {
        name: getattr(network, name)
        for name in ("fan_in", "wires", "tables", "seen", "tied", "layer", "outputs")
    }
    for name, values in {**arrays, "weights": head.weights, "bias": head.bias}.items():
        array = np.ascontiguousarray(values)
        sha.update(f"{name} {array.dtype.str} {array.shape}".encode())
        sha.update(array.tobytes())
    sha.update(network.encoder.feature.astype("<i4").tobytes())
    sha.update(network.encoder.threshold.astype("<f8").tobytes())
    return sha.hexdigest()


WITH_FRACTIONS = ("boost_two_classes", "boost_patience_weights")


@pytest.mark.parametrize("name", LEARNT)
def test_learners_learn_what_they_learnt(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = LEARNERS[name]()
    if name not in WITH_FRACTIONS:
        assert digest_of_arrays(network) == LEARNT[name]
        return
    monkeypatch.setattr(fitting, "_shortened", lambda encoder, matrix: encoder)
    before = LEARNERS[name]()
    assert digest_of_arrays(before) == LEARNT[name]
    short, long = network.encoder, before.encoder
    assert (short.threshold != long.threshold).any()
    if before.provenance.validation_accuracy is not None:
        return
    as_before = replace(network, encoder=replace(short, threshold=long.threshold, seen=None))
    assert digest_of_arrays(as_before) == LEARNT[name]


@pytest.mark.parametrize("name", FILES)
def test_files_of_format_2_predict_as_before(name: str) -> None:
    network = LutNetwork.load(GOLDEN / f"format2_{name}.npz")
    expected = FILES[name]
    assert expected["digest"] in network.aliases and network.digest not in network.aliases
    assert list(map(str, network.predict(DATA[expected["data"]]().data))) == expected["labels"]


def _options(text: str) -> dict[str, Any]:
    if text == "plain":
        return {}
    pairs = (item.split("=") for item in text.split(","))
    return {key: json.loads(value.lower()) for key, value in pairs}


@pytest.mark.parametrize("key", VERILOG)
def test_hardware_is_as_before(key: str) -> None:
    name, target, options = key.split(" ")
    network = LutNetwork.load(GOLDEN / f"format2_{name}.npz")
    core = make_core(network, CoreConfig(chip=target, **_options(options)))
    # comparators, which are written as comparisons by now, as the tables that they were
    text = emit_verilog(
        core.netlist, core.family, module=core.module, header=core.header, tables_only=True
    )
    lines = (line for line in text.splitlines() if not line.startswith("//"))
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == VERILOG[key]
