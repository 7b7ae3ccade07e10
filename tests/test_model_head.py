from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import random_network, random_samples

from lutgen.bits import Bits as Packed
from lutgen.errors import ModelError
from lutgen.model import ONE, ZERO, Argmax, Bits, Head, LutNetwork, Sum
from lutgen.model.head import canonical_label

WEIGHTS = np.array([[1, -2, 3], [0, 4, -5]], np.int32)


def network_of(head: Head, n_outputs: int = 3) -> LutNetwork:
    network = random_network(np.random.default_rng(1), 5, [4, n_outputs], 3)
    outputs = np.arange(network.n_signals - n_outputs, network.n_signals, dtype=np.int32)
    return replace(network, outputs=outputs, head=head)


def dense(network: LutNetwork, X: np.ndarray) -> np.ndarray:
    return network.output_bits(Packed.from_dense(X)).to_dense()


@given(st.integers(0, 1 << 30))
def test_sums_are_numbers(seed: int) -> None:
    X = random_samples(np.random.default_rng(seed), 30, 5)
    network = network_of(Sum.of(WEIGHTS, [10, -1], scale=0.5, offset=3.0))
    expected = [
        [sum(w * b for w, b in zip(row, bits, strict=True)) + start for row, start in
         zip(WEIGHTS.tolist(), (10, -1), strict=True)]
        for bits in dense(network, X).tolist()
    ]  # fmt: skip
    assert network.scores(Packed.from_dense(X)).tolist() == expected
    assert network.predict(X).tolist() == [[0.5 * s + 3 for s in row] for row in expected]
    one = network_of(Sum.of([1, -2, 3]))
    assert one.predict(X).shape == (30,) and one.predict(X).dtype == np.float64
    least, largest = network.head.limits()
    assert least.tolist() == [8, -6] and largest.tolist() == [14, 3]


def test_bits_are_luts_inputs_and_constants() -> None:
    network = LutNetwork.from_luts(
        2, [((0, 1), 0b0110)], outputs=(2, 0, ZERO, ONE, 2), head=Bits(("a", "b", "c", "d", "e"))
    )
    X = [[0, 0], [1, 0], [0, 1], [1, 1]] * 20
    expected = [[a ^ b, a, 0, 1, a ^ b] for a, b in X]
    assert network.predict(X).tolist() == expected
    packed = network.output_bits(Packed.from_dense(X)).words
    assert not (packed[:, -1] >> np.uint64(16)).any()  # nothing past the last sample


def test_a_network_may_have_no_luts_at_all(tmp_path: Path) -> None:
    network = LutNetwork.from_luts(2, [], outputs=(1, ONE))
    assert network.predict([[0, 1], [1, 0]]).tolist() == [[1, 1], [0, 1]]
    assert (network.n_luts, network.n_layers) == (0, 0)
    network.save(tmp_path / "m.npz")
    assert LutNetwork.load(tmp_path / "m.npz").digest == network.digest
    assert network.restrict_to_cone().digest == network.digest


@pytest.mark.parametrize(
    "head", [Sum.of(WEIGHTS, scale=0.25, offset=-1.5), Bits(("x", "y", "z")), Bits()]
)
def test_heads_are_saved(tmp_path: Path, head: Head) -> None:
    network = replace(network_of(head), feature_names=("größe", "b", "c", "d", "*/"))
    network.save(tmp_path / "m.npz")
    loaded = LutNetwork.load(tmp_path / "m.npz")
    X = random_samples(np.random.default_rng(0), 40, 5)
    assert loaded.predict(X).tolist() == network.predict(X).tolist()
    assert loaded.digest == network.digest and loaded.feature_names == network.feature_names
    assert loaded.describe_head() == network.describe_head()
    if isinstance(head, Bits):
        assert loaded.head == replace(head) or loaded.head.names == head.names


def test_heads_made_of_lists() -> None:
    assert Argmax.groups(2, 6).weights.tolist() == [[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]]
    head = Argmax.votes([[1, 0], [0, -2]], [3, 4], classes=("no", "yes"))
    assert head.weights.dtype == np.int32 and head.classes.tolist() == ["no", "yes"]
    assert Argmax.votes([[1, 0], [0, -2]]).bias.tolist() == [0, 0]
    assert Sum.of([1, 2], 5).bias.tolist() == [5]
    assert Argmax.class_number().is_class_number and not head.is_class_number


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Argmax.groups(3, 7), "7 outputs cannot be parted into groups of equal size for 3"),
        (lambda: Argmax.groups(1, 4), "two classes or more"),
        (lambda: Argmax.votes([[0.5, 1], [1, 0]]), "must be whole numbers, got float64"),
        (lambda: Argmax.votes([["a"], ["b"]]), "must be whole numbers"),
        (lambda: Sum.of([1 << 40]), "must fit 32 bits"),
    ],
)
def test_heads_that_cannot_be_made(make: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        make()


LABELS = np.array([0, 1])


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (Argmax(np.zeros((2, 2), np.int32), np.zeros(2, np.int32), LABELS), r"shape \(2, 2\) and"),
        (Argmax(np.zeros((3, 3), np.int32), np.zeros(2, np.int32), LABELS), "2 classes and 3 outp"),
        (
            Argmax(np.zeros(2, np.int32), np.zeros(2, np.int32), LABELS),
            r"weights must be an array of int32 of 2 dimension\(s\), got int32 \(2,\)",
        ),
        (
            Argmax(np.zeros((2, 3)), np.zeros(2, np.int32), LABELS),  # type: ignore[arg-type]
            "weights must be an array of int32",
        ),
        (
            Argmax(np.full((2, 3), -40_000, np.int32), np.zeros(2, np.int32), LABELS),
            "weights must lie within -32768 and 32768",
        ),
        (Argmax(np.zeros((2, 3), np.int32), np.zeros(3, np.int32), LABELS), r"shape \(3,\)"),
        (
            Argmax(np.zeros((2, 3), np.int32), np.zeros(2, np.int32), np.array([1, 1])),
            "classes must be two or more different labels",
        ),
        (
            Argmax(np.zeros((1, 3), np.int32), np.zeros(1, np.int32), np.array([1])),
            "classes must be two or more different labels",
        ),
        (
            Argmax(np.zeros((2, 3), np.int32), np.zeros(2, np.int32), np.array([{}, {}])),
            "classes must be two or more different labels",
        ),
        (
            Argmax(np.zeros((2, 3), np.int32), np.zeros(2, np.int32), [0, 1]),  # type: ignore[arg-type]
            "classes must be two or more different labels",
        ),
        (
            Argmax(np.zeros((2, 3), np.int32), np.zeros(2, np.int32), np.arange(3)),
            "3 classes and 3 outputs, but weights of shape",
        ),
        (Sum(np.zeros((2, 2), np.int32), np.zeros(2, np.int32)), "2 scores and 3 outputs"),
        (Sum(np.zeros((0, 3), np.int32), np.zeros(0, np.int32)), "needs one score or more"),
        (Sum.of(WEIGHTS, scale=0.0), "and the scale not 0; got 0 and 0"),
        (Sum.of(WEIGHTS, offset=float("nan")), "scale and offset must be finite"),
        (Bits(("a",)), "1 names for 3 output bits"),
    ],
)
def test_heads_that_do_not_fit_are_refused(head: Head, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        network_of(head)


def test_labels_have_one_spelling() -> None:
    assert canonical_label(1) == canonical_label(1.0) == canonical_label(np.int64(1)) == "n:1"
    assert len({canonical_label(label) for label in (1, "1", True, "true", 1.5, "01")}) == 6
    assert canonical_label(np.bool_(True)) == canonical_label(True)
