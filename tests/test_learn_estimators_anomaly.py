"""Rare samples: scikit-learn's contract, beside its isolation forest, and the hardware."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.utils.estimator_checks import check_estimator

from lutgen.core import CoreConfig, make_core
from lutgen.errors import ConfigError, DataError
from lutgen.learn.estimators.anomaly import LutAnomalyDetector
from lutgen.netlist.ir import CORE, LUT
from lutgen.verify.mutate import flip_init_bit
from lutgen.verify.prove import prove_model, prove_steps, require_proved


def rare_ones(X: NDArray[Any], is_rare: NDArray[np.bool_], n: int) -> tuple[NDArray, NDArray]:
    """Return the usual samples and n rare ones, and which are rare."""
    rare = np.random.default_rng(0).permutation(np.flatnonzero(is_rare))[:n]
    rows = np.concatenate([np.flatnonzero(~is_rare), rare])
    return X[rows], is_rare[rows]


CANCER = load_breast_cancer()
DIGITS = load_digits()
DATA = {
    "cancer": rare_ones(CANCER.data, CANCER.target == 0, 25),
    "zeros among digits": rare_ones(DIGITS.data, DIGITS.target == 0, 20),
}


@pytest.mark.filterwarnings("ignore")
def test_passes_the_checks_of_scikit_learn() -> None:
    check_estimator(LutAnomalyDetector(k=3, n_luts=40, random_state=0))


@pytest.mark.parametrize(("name", "behind"), [("cancer", 0.02), ("zeros among digits", 0.07)])
def test_finds_about_as_much_as_an_isolation_forest(name: str, behind: float) -> None:
    X, is_rare = DATA[name]

    def area(model: Any) -> float:
        seeds = [model.set_params(random_state=seed).fit(X).score_samples(X) for seed in range(3)]
        return float(np.mean([roc_auc_score(is_rare, -scores) for scores in seeds]))

    assert area(LutAnomalyDetector()) > max(0.7, area(IsolationForest()) - behind)


def test_the_limit_keeps_the_share_and_the_network_answers() -> None:
    X, _ = DATA["cancer"]
    for contamination in (0.02, 0.1, 0.5):
        model = LutAnomalyDetector(contamination=contamination, random_state=0).fit(X)
        found = model.predict(X)
        assert 0 <= contamination - (found == -1).mean() < 0.04  # fewer where scores are equal
        np.testing.assert_array_equal(found, model.network_.predict(X))
        np.testing.assert_array_equal(found == -1, model.decision_function(X) < 0)
    assert model.network_.head.classes.tolist() == [1, -1]
    far = model.score_samples(X[:1] * 50)
    assert far < model.score_samples(X).min() + 0.5


def test_the_hardware_is_proved_and_a_fault_is_refuted() -> None:
    X, _ = DATA["cancer"]
    network = LutAnomalyDetector(k=4, n_luts=12, leaf_bits=2, random_state=0).fit(X).network_
    core = make_core(network, CoreConfig(chip="ice40"))
    require_proved([*prove_steps(core), *prove_model(core)])
    places = [
        place
        for place, cell in enumerate(core.netlist.cells)
        if cell.kind == LUT and cell.part == CORE and len(cell.inputs) == 4
    ]
    refuted = 0
    for entry in range(16):
        faulty = replace(core, netlist=flip_init_bit(core.netlist, places[0], entry))
        *_, proof = prove_model(faulty)
        refuted += proof.result.counterexample is not None
    assert refuted > 0


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"contamination": 0.0}, "contamination must be above 0 and at most 0.5, got 0"),
        ({"contamination": 0.6, "k": 0}, "k must be 1 to 16, got 0; contamination must be"),
        ({"n_luts": 0}, "n_luts must be 1 to"),
    ],
)
def test_says_which_parameter_is_wrong(told: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        LutAnomalyDetector(**told).fit(DATA["cancer"][0])


def test_says_what_is_wrong_with_the_samples() -> None:
    with pytest.raises(DataError, match="2 input bits, LUTs of k=6 need at least 6"):
        LutAnomalyDetector(encoder="thermometer:2").fit(np.arange(9.0)[:, None])
    with pytest.raises(DataError, match="is nan"):
        LutAnomalyDetector().fit(np.full((9, 3), np.nan))
