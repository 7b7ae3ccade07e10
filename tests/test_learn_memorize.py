"""The learner as a whole: what it learns, and that nothing but data, parameters and seed matter."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from lutgen.bits import Bits
from lutgen.encode.encoder import Encoder, fit_encoder
from lutgen.errors import DataError
from lutgen.learn.fill import FILLS
from lutgen.learn.memorize import Parameters, memorize
from lutgen.model import LutNetwork
from lutgen.model.migrate import digest_of_version_2

CLASSES = np.array([0, 1])


def binary_encoder(n: int) -> Encoder:
    return fit_encoder("binary", np.zeros((1, n), dtype=np.uint8))


@pytest.fixture(scope="module")
def digits() -> tuple[Bits, np.ndarray, Encoder]:
    X, y = load_digits(return_X_y=True)
    encoder = fit_encoder("threshold:8", X)
    return encoder.encode(X), (y >= 5).astype(np.uint8), encoder


def learn(digits, parameters: Parameters, **options) -> LutNetwork:
    bits, labels, encoder = digits
    return memorize(bits, labels, parameters, encoder=encoder, classes=CLASSES, **options)


parameter_sets = st.builds(
    Parameters,
    k=st.integers(1, 8),
    widths=st.lists(st.integers(8, 40), max_size=4).map(tuple),
    wiring=st.sampled_from(["random", "window:8", "window:20"]),
    fill=st.sampled_from(FILLS),
    seed=st.integers(0, (1 << 64) - 1),
)


@settings(deadline=None, max_examples=25)
@given(parameter_sets)
def test_backends_threads_and_cone_give_one_model(digits, parameters) -> None:
    plain = learn(digits, parameters, backend="reference", feature_shape=(8, 8))
    for n_threads in (1, 2, 5):
        fast = learn(digits, parameters, n_threads=n_threads, feature_shape=(8, 8))
        assert fast.digest == plain.digest
        np.testing.assert_array_equal(fast.seen, plain.seen)
        np.testing.assert_array_equal(fast.tied, plain.tied)
        assert fast.provenance == plain.provenance
    cone = dataclasses.replace(parameters, cone_only=True)
    narrow = learn(digits, cone, feature_shape=(8, 8))
    assert narrow.digest == plain.restrict_to_cone().digest
    np.testing.assert_array_equal(narrow.class_numbers(digits[0]), plain.class_numbers(digits[0]))


def test_the_model_is_the_same_on_every_machine(digits) -> None:
    network = learn(digits, Parameters(k=6, widths=(64, 32), wiring="window:24", seed=1))
    assert network.digest == "18094da3a268724010edf0c9f80ef12015fe461d8058cf00b064d0b489839c6a"
    old = digest_of_version_2(network)
    assert old == "b32f1a9c34fad7c82ef904b9ee262c75a8441072d6cabd2e4c1a688e3a24e696"


def test_the_order_of_the_samples_does_not_matter(digits) -> None:
    bits, labels, encoder = digits
    order = np.random.default_rng(0).permutation(labels.size)
    parameters = Parameters(k=5, widths=(50, 50))
    shuffled = learn((bits.take(order), labels[order], encoder), parameters)
    assert shuffled.digest == learn(digits, parameters).digest


def test_training_accuracy_is_that_of_the_model(digits) -> None:
    bits, labels, _ = digits
    network = learn(digits, Parameters(k=6, widths=(100, 100)))
    accuracy = (network.class_numbers(bits) == labels).mean()
    assert network.provenance.train_accuracy == pytest.approx(accuracy)
    signals = network.signals(bits).to_dense()
    for row in network.provenance.layers:
        chosen = signals[:, : network.n_inputs] if row.layer == 0 else (
            signals[:, network.n_inputs :][:, network.layer == row.layer]
        )  # fmt: skip
        hits = (chosen == labels[:, None]).mean(axis=0)
        assert row.n_luts == hits.size
        for name in ("mean", "std", "min", "max"):
            assert getattr(row, name) == pytest.approx(getattr(hits, name)(), abs=1e-12)


def test_deeper_layers_are_more_accurate_and_more_alike(digits) -> None:
    rows = learn(digits, Parameters(k=6, widths=(300,) * 4)).provenance.layers[:-1]
    means = [row.mean for row in rows]
    assert means == sorted(means)
    assert rows[-1].std < rows[1].std


def test_reports_progress_by_layer(digits) -> None:
    seen = []
    learn(digits, Parameters(k=4, widths=(20, 30)), progress=lambda *a: seen.append(a))
    assert seen == [(20, 51), (50, 51), (51, 51)]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(1797), "all 1797 training samples are of one class"),
        (np.arange(1797) % 3, "class numbers must be 0 or 1"),
        (np.zeros(5), r"1797 samples, but labels of shape \(5,\)"),
    ],
)
def test_refuses_labels_it_cannot_learn(digits, labels, message) -> None:
    bits, _, encoder = digits
    with pytest.raises(DataError, match=message):
        learn((bits, labels, encoder), Parameters(k=2, widths=()))


def test_refuses_an_empty_training_set() -> None:
    bits = Bits(np.zeros((9, 0), dtype=np.uint64), 0)
    with pytest.raises(DataError, match="no training samples"):
        learn((bits, np.zeros(0), binary_encoder(9)), Parameters(k=2, widths=()))
