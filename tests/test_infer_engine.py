"""The compiled engine equals the definition: any head, fan-in, type of number and thread count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import binary_encoder, random_network, random_samples, voting_network

from lutgen.bits import Bits
from lutgen.encode.encoder import Encoder
from lutgen.errors import DataError, ModelError
from lutgen.infer import Engine, engine, engine_for
from lutgen.infer.circuit import Circuit
from lutgen.model import ONE, ZERO, Argmax, LutNetwork, Sum
from lutgen.model.head import Bits as BitsHead


def random_encoder(rng: np.random.Generator, n_features: int, n_bits: int) -> Encoder:
    """Return comparators of bytes, some at thresholds that no byte or every byte passes."""
    threshold = rng.choice([-3.0, 0.0, 0.5, 1.0, 7.25, 100.0, 254.5, 255.0, 255.5, 900.0], n_bits)
    feature = rng.integers(0, n_features, n_bits).astype(np.int32)
    return Encoder("threshold", n_features, feature, threshold)


@st.composite
def cases(draw: st.DrawFn) -> tuple[LutNetwork, NDArray[Any]]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_features, n_inputs = draw(st.integers(1, 40)), draw(st.integers(1, 30))
    width = draw(st.integers(1, 9))
    low = draw(st.integers(1, 6))
    network = voting_network(
        rng,
        n_inputs,
        [width] * draw(st.integers(1, 3)),
        (low, draw(st.integers(low, 9))),
        n_classes=draw(st.sampled_from([2, 3, 10, 300])),
        weights=draw(st.sampled_from([(0, 0, 1), (-1, 1), (-300, -2, 0, 5, 77)])),
        encoder=random_encoder(rng, n_features, n_inputs),
    )
    outputs = network.outputs.copy()
    outputs[rng.random(width) < 0.2] = rng.choice([ZERO, ONE, 0])
    head = network.head
    assert isinstance(head, Argmax)
    kind = draw(st.sampled_from(["argmax", "sum", "bits"]))
    if kind == "sum":
        head = Sum(head.weights[:3], head.bias[:3], 0.25, -1.0)
    network = replace(network, outputs=outputs, head=BitsHead() if kind == "bits" else head)
    n_samples = draw(st.sampled_from([1, 63, 64, 65, 700, 5000]))
    X = rng.integers(0, 256, (n_samples, n_features), dtype=np.uint8)
    dtype = draw(st.sampled_from([np.uint8, np.float64, np.float32, np.int16, bool]))
    return network, (X > 100 if dtype is bool else X.astype(dtype))


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(1, 3))
def test_answers_and_scores_are_those_of_the_definition(
    case: tuple[LutNetwork, NDArray[Any]], n_threads: int
) -> None:
    network, X = case
    bits = network.encode(X)
    compiled = Engine(network, n_threads)
    answers = compiled.answers(X)
    expected = network.answers(bits)
    assert answers.dtype == expected.dtype and np.array_equal(answers, expected)
    if isinstance(network.head, BitsHead):
        with pytest.raises(ModelError, match="no scores"):
            compiled.scores(X)
    else:
        assert np.array_equal(compiled.scores(X), network.scores(bits))


def test_many_threads_take_shares_of_any_size() -> None:
    rng = np.random.default_rng(4)
    network = voting_network(rng, 20, [12, 9], 6, 5, encoder=random_encoder(rng, 17, 20))
    X = rng.integers(0, 256, (70_001, 17), dtype=np.uint8)
    expected = network.class_numbers(network.encode(X))
    for n_threads in (1, 2, 5):
        assert np.array_equal(Engine(network, n_threads).class_numbers(X), expected)
    assert np.array_equal(Engine(network).class_numbers(X[:, ::-1][:, ::-1]), expected)
    wide = np.zeros((len(X), 40), np.uint8)
    wide[:, 3:20] = X
    assert np.array_equal(Engine(network).class_numbers(wide[:, 3:20]), expected)


def test_missing_values_are_as_the_encoder_says() -> None:
    rng = np.random.default_rng(9)
    feature = np.arange(12, dtype=np.int32) % 4
    threshold = np.where(np.arange(12) == 11, np.inf, rng.normal(size=12))
    encoder = Encoder("threshold", 4, feature, threshold, missing=rng.random(12) < 0.5)
    network = voting_network(rng, 12, [30], 5, 3, encoder=encoder)
    X = rng.normal(size=(4000, 4))
    X[rng.random(X.shape) < 0.3] = np.nan
    compiled = Engine(network)
    assert np.array_equal(compiled.answers(X), network.answers(network.encode(X)))


def test_wide_tables_become_programs() -> None:
    rng = np.random.default_rng(2)
    network = random_network(rng, 16, [3, 1], (14, 16))
    X = random_samples(rng, 3000, 16)
    expected = network.answers(network.encode(X))
    assert np.array_equal(Engine(network).answers(X), expected)


def test_samples_that_cannot_be_encoded_are_refused_in_the_same_words() -> None:
    network = random_network(np.random.default_rng(0), 3, [1], 3)
    compiled = Engine(network)
    for X in ([[0, 1]], [[0, 1, 2]], [[0, 1, np.nan]], [["a", "b", "c"]]):
        with pytest.raises(DataError) as ours:
            compiled.answers(X)
        with pytest.raises(DataError) as theirs:
            network.encode(X)
        assert str(ours.value) == str(theirs.value)


def test_the_model_asks_the_engine_for_many_samples_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    network = voting_network(rng, 30, [100], 6, 4)
    few, many = random_samples(rng, 50, 30), random_samples(rng, 30_000, 30)
    made: list[LutNetwork] = []

    class Spy(Engine):
        def __init__(self, network: LutNetwork) -> None:
            made.append(network)
            super().__init__(network)

    monkeypatch.setattr(engine, "Engine", Spy)
    network.predict(few)
    assert not made
    expected = network.answers(Bits.from_dense(many))
    assert np.array_equal(network.predict(many), expected)
    assert np.array_equal(network.class_numbers(many), expected)
    assert np.array_equal(network.predict(few), network.answers(Bits.from_dense(few)))
    assert made == [network]  # once


def test_without_a_compiler_the_definition_answers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def none() -> None:
        raise OSError("no LLVM here")

    monkeypatch.setattr(engine, "machine", none)
    monkeypatch.setattr(engine, "_faults", [])
    rng = np.random.default_rng(1)
    network = voting_network(rng, 30, [100], 6, 4)
    X = random_samples(rng, 30_000, 30)
    for _ in range(2):
        assert np.array_equal(network.predict(X), network.answers(Bits.from_dense(X)))
    assert [record.getMessage() for record in caplog.records] == [
        "predictions run without compiled code, more slowly: no LLVM here"
    ]


def test_a_network_that_is_too_large_has_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lutgen.infer.program.MOST_ENTRIES", 100)
    network = voting_network(np.random.default_rng(1), 30, [100], 6, 4)
    assert engine_for(network, 1 << 20) is None


def test_the_engine_does_not_keep_the_network_alive() -> None:
    import gc
    import weakref

    network = voting_network(np.random.default_rng(1), 30, [100], 6, 4)
    assert engine_for(network, 1 << 20) is engine_for(network, 1)
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert gone() is None


def test_operations_are_made_once_and_simplified() -> None:
    circuit = Circuit(2)
    x, y = circuit.input(0), circuit.input(1)
    assert circuit.table(0b0110, [x, y]) == circuit.xor(x, y) == circuit.xor(y, x)
    both, either = circuit.table(0b1000, [x, y]), circuit.table(0b1110, [x, y])
    assert both[0] != either[0] and len(circuit.operations) == 3
    assert circuit.mux(x, y, y) == y and circuit.mux(x, (0, True), (0, False)) == x
    assert circuit.mux(x, x, y) == circuit.either(x, y)


def test_a_wrong_operation_would_be_seen() -> None:
    rng = np.random.default_rng(5)
    network = voting_network(rng, 30, [40], 6, 4, encoder=binary_encoder(30))
    X = random_samples(rng, 2000, 30)
    compiled = Engine(network)
    expected = network.answers(network.encode(X))
    assert np.array_equal(compiled.answers(X), expected)
    wrong = 0
    for place in range(0, len(compiled._answer.code), 7):
        compiled._answer.code[place, 0] ^= 1  # xor for mux, or the other way round
        wrong += not np.array_equal(compiled.answers(X), expected)
        compiled._answer.code[place, 0] ^= 1
    assert wrong > 0.5 * len(range(0, len(compiled._answer.code), 7))
