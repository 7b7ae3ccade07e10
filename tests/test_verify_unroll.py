"""Unrolling against a plain simulation, clock by clock."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from netlists import netlists

from lutgen.bits import Bits
from lutgen.errors import NetlistError
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import LUT, Netlist
from lutgen.netlist.passes.pipeline import pipeline
from lutgen.verify.mutate import drop_register
from lutgen.verify.prove import prove
from lutgen.verify.unroll import has_latency, look_back, unroll


def clocked(netlist: Netlist, samples: np.ndarray) -> np.ndarray:
    """Simulate one clock edge a sample; registers begin with what zeros at the inputs leave."""
    state: dict[int, int] = {}
    outputs = []
    zeros = np.zeros((netlist.latency + 1, samples.shape[1]), dtype=samples.dtype)
    for row in np.concatenate([zeros, samples]):
        values = [0, 1, *row.tolist()]
        for net, cell in enumerate(netlist.cells, netlist.first_cell):
            if cell.kind == LUT:
                address = sum(values[source] << j for j, source in enumerate(cell.inputs))
                values.append(cell.init >> address & 1)
            else:
                values.append(state.get(net, 0))
        for net, cell in enumerate(netlist.cells, netlist.first_cell):
            if cell.kind != LUT:
                state[net] = values[cell.inputs[0]]
        outputs.append([values[net] for net in netlist.outputs])
    return np.array(outputs)[len(zeros) :]


@given(netlists(), st.integers(1, 2), st.data())
def test_unrolled_netlist_is_the_clocked_one(netlist: Netlist, every: int, data) -> None:
    piped, _ = pipeline(netlist, every)
    registers = [i for i, cell in enumerate(piped.cells) if cell.kind != LUT]
    faulty = drop_register(piped, data.draw(st.sampled_from(registers))) if registers else piped
    rng = np.random.default_rng(0)
    samples = rng.integers(0, 2, size=(20, netlist.n_inputs), dtype=np.uint8)
    for one in (piped, faulty):
        n_cycles = one.latency
        words = look_back(Bits.from_dense(samples), n_cycles)
        seen = Bits(evaluate(unroll(one, n_cycles), words), 20).to_dense()
        np.testing.assert_array_equal(seen, clocked(one, samples))
    latency = piped.latency
    proof = prove("piped = faulty", piped, faulty, latency=latency)
    assert has_latency(piped, latency) and prove("", netlist, piped, latency=latency).result.proved
    if proof.result.proved:
        np.testing.assert_array_equal(
            clocked(piped, samples)[latency:], clocked(faulty, samples)[latency:]
        )
    else:
        assert proof.n_cycles == latency  # the counterexample is a sequence: play it
        found = proof.result.counterexample
        assert found is not None
        sequence = found.inputs.reshape(latency + 1, netlist.n_inputs)[::-1]
        last = clocked(faulty, sequence)[-1]
        assert last[found.output] == found.seen != clocked(piped, sequence)[-1][found.output]


def test_too_short_a_past_is_an_error() -> None:
    piped, _ = pipeline(Netlist(1, (), (2,)), 1)
    assert piped.latency == 0
    from lutgen.netlist.ir import REGISTER, Cell

    delayed = Netlist(1, (Cell(REGISTER, (2,), 0, "r", 0),), (3,))
    with pytest.raises(NetlistError, match="looks back further than 0 cycles"):
        unroll(delayed, 0)
