"""LUTs that read how many inputs are one: the digits, what is learnt of them, and its hardware."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from lutgen.bits import Bits
from lutgen.core import CoreConfig, make_core
from lutgen.encode.encoder import fit_encoder
from lutgen.errors import ConfigError
from lutgen.learn.boost import BoostParameters, boost, boost_numbers
from lutgen.learn.boost.popcount import Counter
from lutgen.learn.boost.training import boost_parts
from lutgen.learn.estimators.boosting import BoostedLutClassifier
from lutgen.learn.executor import Serial
from lutgen.learn.labelled import Labelled, SampleSet
from lutgen.model import LutNetwork
from lutgen.netlist.ir import CORE, LUT
from lutgen.verify.mutate import flip_init_bit
from lutgen.verify.prove import prove_model, prove_steps, require_proved

RNG = np.random.default_rng(0)
X = RNG.integers(0, 2, (1500, 11)).astype(np.uint8)
ENCODER = fit_encoder("binary", X)
PARITY = X.sum(axis=1) % 2
SMALL = BoostParameters(k=4, luts_per_class=3, popcount=True, criterion="newton")


def learn(
    y: NDArray[np.integer], parameters: BoostParameters = SMALL, **options: object
) -> LutNetwork:
    classes = np.arange(y.max() + 1)
    return boost(ENCODER.encode(X), y, parameters, encoder=ENCODER, classes=classes, **options)


@pytest.mark.parametrize("n_inputs", [1, 2, 3, 7, 8, 21])
def test_the_digits_are_those_of_the_number_of_ones(n_inputs: int) -> None:
    dense = RNG.integers(0, 2, (200, n_inputs)).astype(np.uint8)
    dense[0], dense[1] = 0, 1
    counter = Counter.of(n_inputs, True)
    counted = counter.with_digits(Bits.from_dense(dense)).to_dense()
    np.testing.assert_array_equal(counted[:, :n_inputs], dense)
    digits = counted[:, n_inputs:].astype(int) << np.arange(counted.shape[1] - n_inputs)
    np.testing.assert_array_equal(digits.sum(axis=1), dense.sum(axis=1))


@pytest.mark.parametrize("criterion", ["newton", "absolute"])
def test_symmetric_functions_are_learnt_of_few_samples(criterion: str) -> None:
    new = RNG.integers(0, 2, (4000, 11)).astype(np.uint8)
    steps = np.array([0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0])
    for y, wanted in (
        (PARITY, new.sum(axis=1) % 2),
        (steps[X.sum(axis=1)], steps[new.sum(axis=1)]),
    ):
        parameters = replace(SMALL, k=5, criterion=criterion)
        assert (learn(y, parameters).predict(new) == wanted).mean() > 0.999
        without = learn(y, replace(parameters, popcount=False)).predict(new)
        assert (without == wanted).mean() < 0.8


def test_adders_that_nobody_reads_are_left_out() -> None:
    lowest = learn(PARITY, replace(SMALL, k=1, luts_per_class=1))
    # parity alone: of five adders of three the sums, none of the carries
    assert (lowest.n_luts, lowest.n_layers) == (6, 2)
    assert lowest.predict(X).tolist() == PARITY.tolist()
    plain = learn((X[:, 0] & X[:, 1]).astype(int), replace(SMALL, luts_per_class=1, k=2))
    assert (plain.n_luts, plain.n_layers) == (1, 1)


def test_backends_and_threads_give_the_same_network() -> None:
    y = X.sum(axis=1) // 4
    for parameters in (replace(SMALL, layers=2), replace(SMALL, criterion="absolute")):
        found = [
            learn(y, parameters, **options)
            for options in ({"backend": "reference"}, {"n_threads": 1}, {"n_threads": 3})
        ]
        assert len({network.digest for network in found}) == 1
        assert found[0].provenance == found[1].provenance == found[2].provenance
        np.testing.assert_array_equal(found[0].seen, found[1].seen)


def test_entries_of_adders_all_matter() -> None:
    network = learn(PARITY)
    adders = network.layer == 1
    assert adders.any()
    offsets = network.table_offset[:-1][adders]
    entries = [(1 << (1 << k)) - 1 for k in network.fan_in[adders].tolist()]
    assert network.seen[offsets].tolist() == entries
    assert not network.tied[offsets].any()


def test_parts_give_the_same_network() -> None:
    whole = Labelled(ENCODER.encode(X), PARITY)
    parts = [whole.take(np.arange(1500)[rows]) for rows in (slice(0, 700), slice(700, None))]
    found = [
        boost_parts(
            SampleSet.here(*items), SMALL, encoder=ENCODER, classes=np.arange(2), executor=Serial()
        )
        for items in ([whole], parts)
    ]
    assert found[0].digest == found[1].digest == learn(PARITY).digest


def test_what_is_held_out_is_counted_too() -> None:
    held = RNG.integers(0, 2, (300, 11)).astype(np.uint8)
    watched = ENCODER.encode(held), held.sum(axis=1) % 2
    network = learn(PARITY, replace(SMALL, luts_per_class=6, patience=2), validation=watched)
    assert network.provenance.validation_accuracy == 1
    assert network.provenance.n_samples == 1800


def test_numbers() -> None:
    parameters = replace(SMALL, leaf_bits=3, max_weight=64, learning_rate=1.0)
    network = boost_numbers(ENCODER.encode(X), X.sum(axis=1) ** 2, parameters, encoder=ENCODER)
    assert network.provenance.train_accuracy > 0.99
    assert network.provenance.feature_gain == pytest.approx([1 / 11] * 11, abs=0.02)


def test_the_hardware_is_proved_and_a_fault_in_the_adders_refuted() -> None:
    network = learn(PARITY)
    core = make_core(network, CoreConfig(chip="ice40", pipeline=2))
    require_proved([*prove_steps(core), *prove_model(core)])
    cells = core.netlist.cells
    places = [i for i, cell in enumerate(cells) if cell.part == CORE and cell.kind == LUT]
    faulty = replace(core, netlist=flip_init_bit(core.netlist, places[0], 0))
    *_, proof = prove_model(faulty)
    assert proof.result.counterexample is not None


def test_refused_where_it_cannot_be() -> None:
    with pytest.raises(ConfigError, match="popcount counts samples as they are"):
        replace(SMALL, shift=1)
    with pytest.raises(ConfigError, match="popcount off"):
        learn(PARITY, start=learn(PARITY, replace(SMALL, popcount=False)))
    with pytest.raises(ConfigError, match="one layer of LUTs"):
        learn(PARITY, replace(SMALL, popcount=False), start=learn(PARITY))


def test_the_estimator() -> None:
    estimator = BoostedLutClassifier(k=4, luts_per_class=3, popcount=True, encoder="binary")
    assert estimator.fit(X, PARITY).score(X, PARITY) == 1
