"""The interpreter against the definition, and against the model that the netlist was made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from netlists import exhaustive, netlists
from strategies import networks, random_network, random_samples

from lutgen.bits import Bits, tail_mask, unpack_rows
from lutgen.core.lower import lower
from lutgen.errors import NetlistError
from lutgen.model.network import LutNetwork
from lutgen.netlist.check import check
from lutgen.netlist.evaluate import evaluate, evaluate_nets
from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist
from lutgen.netlist.passes.pipeline import pipeline


@given(netlists(max_inputs=4, max_k=9))
def test_evaluate_is_the_definition(netlist: Netlist) -> None:
    nets = unpack_rows(evaluate_nets(netlist, exhaustive(netlist.n_inputs)), 64)
    for sample in range(64):
        value = [0, 1, *(sample >> i & 1 for i in range(netlist.n_inputs))]
        for cell in netlist.cells:
            value.append(cell.init >> sum(value[n] << j for j, n in enumerate(cell.inputs)) & 1)
        assert nets[:, sample].tolist() == value


@given(netlists())
def test_outputs_are_nets_and_registers_are_transparent(netlist: Netlist) -> None:
    samples = exhaustive(netlist.n_inputs)
    outputs = evaluate(netlist, samples)
    nets = evaluate_nets(netlist, samples)
    np.testing.assert_array_equal(outputs, nets[list(netlist.outputs)])
    piped, _ = pipeline(netlist, 1)
    np.testing.assert_array_equal(outputs, evaluate(piped, samples))


@given(networks(max_k=10), st.integers(0, 200), st.integers(0, 2**32 - 1))
def test_lowered_network_is_the_network(network: LutNetwork, n_samples: int, seed: int) -> None:
    bits = Bits.from_dense(random_samples(np.random.default_rng(seed), n_samples, network.n_inputs))
    netlist = lower(network)
    check(netlist)
    assert [cell.name for cell in netlist.cells] == network.lut_names()
    assert [cell.layer for cell in netlist.cells] == network.layer.tolist()
    signals = evaluate_nets(netlist, bits.words)[2:] & tail_mask(n_samples)
    np.testing.assert_array_equal(signals, network.signals(bits).words)


def test_sixteen_inputs_and_many_words() -> None:
    rng = np.random.default_rng(3)
    network = random_network(rng, 40, [5, 1], 16, skip=True)
    bits = Bits.from_dense(random_samples(rng, 1000, 40))
    expected = network.output_bits(bits).words
    outputs = evaluate(lower(network), bits.words) & tail_mask(1000)
    np.testing.assert_array_equal(outputs, expected)


def test_samples_are_evaluated_in_parts_where_memory_is_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(4)
    netlist = lower(random_network(rng, 20, [6, 1], 5))
    words = Bits.from_dense(random_samples(rng, 700, 20)).words
    whole = evaluate(netlist, words)
    monkeypatch.setattr("lutgen.netlist.evaluate._NET_BYTES", 3 * 8 * netlist.n_nets)
    np.testing.assert_array_equal(evaluate(netlist, words), whole)


def test_wrong_number_of_rows() -> None:
    netlist = Netlist(3, (), (2,))
    with pytest.raises(NetlistError, match=r"has 3 inputs, the samples have shape \(2, 1\)"):
        evaluate(netlist, np.zeros((2, 1), dtype=np.uint64))


def test_levels_and_latency() -> None:
    cells = (
        Cell(LUT, (2, 3), 6, "a", 1),
        Cell(LUT, (4, 2), 6, "b", 1),
        Cell(REGISTER, (5,), 0, "b_r1", 1),
        Cell(LUT, (6,), 1, "c", 2),
    )
    netlist = Netlist(2, cells, (7,))
    assert netlist.levels == (0, 0, 0, 0, 1, 2, 0, 1)
    assert (netlist.depth, netlist.latency) == (2, 1)
    assert netlist.count(LUT) == 3
