"""From trees to LUTs: every number for every sample, whatever the trees look like; and hardware."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lutgen.core import CoreConfig, make_core
from lutgen.errors import ModelError
from lutgen.importers.trees.ensemble import Collector, Ensemble
from lutgen.importers.trees.importing import imported
from lutgen.importers.trees.logic import Luts, Table, Votes
from lutgen.importers.trees.network import network_of
from lutgen.importers.trees.quantise import exactly, in_bits
from lutgen.model import LutNetwork
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.head.votes import digits
from lutgen.netlist.ir import LUT
from lutgen.verify.mutate import flip_init_bit
from lutgen.verify.prove import prove_encoder, prove_model, prove_steps


def grown(
    rng: np.random.Generator, collector: Collector, n_leaves: int, scores: tuple[int, ...],
    *, chain: bool, several: bool = True,
) -> None:  # fmt: skip
    """Add a tree of so many leaves, balanced or as long as can be."""
    questions, left, right, ends = [-1], [0], [0], [0]
    while len(ends) < n_leaves:
        node = ends.pop(-1 if chain else 0)
        low = float(rng.integers(-8, 8)) / 4
        cuts = (low,) if rng.random() < 0.8 or not several else (low, low + 0.5, low + 1.25)
        feature = int(rng.integers(collector.n_features))
        questions[node] = collector.ask(feature, cuts, missing=bool(rng.integers(2)))
        left[node], right[node] = len(questions), len(questions) + 1
        ends += [len(questions), len(questions) + 1]
        questions += [-1, -1]
        left += [0, 0]
        right += [0, 0]
    values = rng.integers(-50, 50, (len(questions), len(scores))) * 0.25
    collector.add(questions, left, right, values, scores)


def ensemble_of(
    seed: int, sizes: list[tuple[int, bool]], n_scores: int, classes: Any = None, **told: Any
) -> Ensemble:
    rng = np.random.default_rng(seed)
    collector = Collector(4)
    for number, (n_leaves, chain) in enumerate(sizes):
        scores = tuple(range(n_scores)) if number % 3 == 2 else (number % n_scores,)
        grown(rng, collector, n_leaves, scores, chain=chain)
    return collector.finish(rng.integers(-4, 4, n_scores) * 0.25, classes=classes, **told)


def samples(seed: int, *, missing: bool) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    X = rng.integers(-10, 10, (300, 4)) / 4
    if missing:
        X[rng.random(X.shape) < 0.2] = np.nan
    return X


sizes_of_trees = st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=7)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 1 << 20), sizes_of_trees, st.integers(1, 3), st.booleans())
def test_a_network_is_its_ensemble(
    seed: int, sizes: list[tuple[int, bool]], n_scores: int, missing: bool
) -> None:
    ensemble = ensemble_of(seed, sizes, n_scores)
    whole = exactly(ensemble)
    assert whole is not None and whole.is_exact
    network = network_of(ensemble, whole, missing=missing)
    X = samples(seed, missing=missing)
    assert np.array_equal(network.margins(X), ensemble.margins(X))
    few = in_bits(ensemble, 3)
    network = network_of(ensemble, few, missing=missing)
    wanted = few.scores(ensemble, ensemble.leaves(X))
    assert np.array_equal(network.scores(network.encode(X)), wanted)


@pytest.mark.parametrize("chain", [False, True])
def test_large_trees(chain: bool) -> None:
    ensemble = ensemble_of(5, [(700, chain), (300, chain)], 1)
    whole = in_bits(ensemble, 8)
    network = network_of(ensemble, whole, missing=True)
    X = samples(1, missing=True)
    assert np.array_equal(
        network.scores(network.encode(X)), whole.scores(ensemble, ensemble.leaves(X))
    )


@pytest.mark.parametrize(("ties", "base"), [(False, 0.0), (True, 0.0), (False, 0.1), (True, -0.1)])
def test_which_of_two_classes_a_tie_is(ties: bool, base: float) -> None:
    collector = Collector(1)
    questions = [collector.ask(0, (value,), missing=False) for value in (1.0, 2.0)]
    values = np.array([[0.0], [-1], [0], [0], [1]])
    collector.add([questions[0], -1, questions[1], -1, -1], [1, 0, 3, 0, 0], [2, 0, 4, 0, 0],
                  values, (0,))  # fmt: skip
    ensemble = collector.finish([base], classes=np.array(["no", "yes"]), ties_to_second=ties)
    found = imported(ensemble, {})
    assert found.reference is None
    X = np.array([[0.0], [1], [2]])
    margins = ensemble.margins(X)[:, 0]
    second = margins >= 0 if ties else margins > 0
    assert found.network.predict(X).tolist() == np.where(second, "yes", "no").tolist()
    assert np.abs(found.network.margins(X)[:, 1] - margins).max() < 1e-12


def test_leaves_that_take_more_bits_are_not_called_exact() -> None:
    for values in ([1e16, 1.0], [0.1, 0.2, 0.7], [2.0**-20, 1.0]):
        collector = Collector(1)
        for value in values:
            question = collector.ask(0, (0.0,), missing=False)
            collector.add([question, -1, -1], [1, 0, 0], [2, 0, 0],
                          np.array([[0.0], [0.0], [value]]), (0,))  # fmt: skip
        assert exactly(collector.finish([0.0])) is None


def test_what_is_no_tree_is_refused() -> None:
    collector = Collector(2)
    question = collector.ask(0, (1.0,), missing=False)
    leaf = np.zeros((3, 1))
    for questions, left, right, values, message in (
        ([question, question, -1], [1, 0, 0], [2, 2, 0], leaf, "several ways lead to node"),
        ([question, -1, -1], [1, 0, 0], [1, 0, 0], leaf, "several ways lead to node 1"),
        ([question, -1, -1], [1, 0, 0], [3, 0, 0], leaf, "leads to node 3; there are 3"),
        ([question, -1, -1], [1, 0, 0], [-1, 0, 0], leaf, "leads to node -1"),
        ([question, -1, -1], [1, 0, 0], [2, 0, 0], leaf * np.nan, "a leaf is NaN"),
        ([question, -1], [1, 0], [2, 0], leaf, "not of one length"),
    ):
        with pytest.raises(ModelError, match=message):
            collector.add(questions, left, right, values, (0,))
    with pytest.raises(ModelError, match="asks for feature 2; there are 2"):
        collector.ask(2, (1.0,), missing=False)
    with pytest.raises(ModelError, match="threshold that is NaN"):
        collector.ask(0, (np.nan,), missing=False)
    with pytest.raises(ModelError, match="it has no trees"):
        collector.finish([0.0])


# -- hardware ------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, (1 << 15) - 1), min_size=4, max_size=4), st.booleans())
@settings(max_examples=50, deadline=None)
def test_a_table_adds_its_numbers_wherever_they_are_counted_from(
    numbers: list[int], inverted: bool
) -> None:
    luts, votes = Luts(2), Votes(1)
    votes.add_table(luts, 0, Table(((0, inverted), (1, False)), tuple(numbers)))
    for address, number in enumerate(numbers):
        values = [bool(address & 1) != inverted, bool(address >> 1)]
        for reads, table in luts.luts:
            place = sum(values[net] << j for j, net in enumerate(reads))
            values.append(bool(table >> place & 1))
        terms = votes.weights.items()
        added = sum(of_it.get(0, 0) for signal, of_it in terms if values[signal])
        assert votes.bias[0] + added == number


def test_a_table_counts_from_where_its_numbers_have_few_bits() -> None:
    luts, votes = Luts(2), Votes(1)
    votes.add_table(luts, 0, Table(((0, False), (1, False)), (5, 260, 5, 6)))  # 0, 255, 0, 1
    weights = [of_it[0] for of_it in votes.weights.values()]
    assert len(weights) == 2 and sum(len(digits(weight)) for weight in weights) == 3


def small(kind: str) -> LutNetwork:
    """Return a network of trees: numbers, several classes, or two with missing values."""
    sizes = [(4, False), (5, True), (3, False)]
    if kind == "numbers":
        return network_of(e := ensemble_of(1, sizes, 2), in_bits(e, 4), missing=False)
    if kind == "classes":
        e = ensemble_of(2, sizes, 3, np.arange(3))
        return network_of(e, in_bits(e, 4), missing=False)
    e = ensemble_of(3, sizes, 1, np.arange(2))
    return network_of(e, in_bits(e, 4), missing=True)


@pytest.mark.parametrize("kind", ["numbers", "classes", "missing"])
@pytest.mark.parametrize("chip", ["xilinx7", "ice40"])
def test_hardware_of_trees_is_proved_and_faults_are_seen(kind: str, chip: str) -> None:
    pytest.importorskip("pysat", reason="pip install python-sat")
    network = small(kind)
    ends = "s5:scale=0.25" + (":missing=-16" if kind == "missing" else "")
    core = make_core(network, CoreConfig(chip=chip, input_format=ends))
    proofs = [*prove_encoder(core), *prove_steps(core), *prove_model(core)]
    assert len(proofs) > 5
    for proof in proofs:
        assert proof.record.proved, proof.record
    X = samples(4, missing=kind == "missing")
    assert np.array_equal(core.interface.predict(X), network.predict(X))

    rng = np.random.default_rng(0)
    inputs = rng.integers(0, 1 << 63, (core.netlist.n_inputs, 16), dtype=np.uint64)
    right = evaluate(core.netlist, inputs)
    n_seen = 0
    for _ in range(40):
        place = int(rng.integers(len(core.netlist.cells)))
        cell = core.netlist.cells[place]
        if cell.kind != LUT or cell.hard:
            continue
        entry = int(rng.integers(1 << len(cell.inputs)))
        broken = replace(core, netlist=flip_init_bit(core.netlist, place, entry))
        if np.array_equal(evaluate(broken.netlist, inputs), right):
            continue
        n_seen += 1
        proof = list(prove_model(broken))[-1]
        assert not proof.record.proved and proof.record.counterexample
        if n_seen == 3:
            break
    assert n_seen == 3
