"""The AIGER that is written: its text, its size, and what two readers understand of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from needed import need_module
from netlists import exhaustive, netlists
from strategies import random_network

from lutgen.bits import Bits, Words
from lutgen.chips.registry import get_family
from lutgen.core.lower import lower
from lutgen.emit.aiger import Aig, make_aig
from lutgen.emit.verilog import emit_verilog
from lutgen.flow.tools import find_yosys
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist
from lutgen.netlist.passes.pipeline import pipeline
from lutgen.netlist.passes.simplify import simplify


def trained(k: int | tuple[int, int], every: int = 0) -> Netlist:
    """Return the simplified netlist of a random network of 12 inputs."""
    network = random_network(np.random.default_rng(0), 12, [6, 4, 1], k, skip=True)
    netlist, _ = simplify(lower(network))
    return pipeline(netlist, every)[0] if every else netlist


def evaluate_aig(aig: Aig, inputs: Words) -> Words:
    """Evaluate a graph straight from the definition, latches transparent."""
    values = {0: np.zeros(inputs.shape[1], dtype=np.uint64)}
    values |= dict(enumerate(inputs, 1))
    first = aig.n_inputs + len(aig.latches) + 1

    def literal(number: int) -> Words:
        variable = number >> 1
        if variable not in values:
            latch = variable - aig.n_inputs - 1
            if 0 <= latch < len(aig.latches):
                values[variable] = literal(aig.latches[latch])
            else:
                a, b = aig.ands[variable - first].tolist()
                values[variable] = literal(a) & literal(b)
        return ~values[variable] if number & 1 else values[variable]

    return np.array([literal(output) for output in aig.outputs])


@settings(max_examples=200)
@given(netlist=netlists(max_k=8))
def test_the_graph_is_the_same_function(netlist: Netlist) -> None:
    samples = exhaustive(netlist.n_inputs)
    aig = make_aig(netlist)
    np.testing.assert_array_equal(evaluate_aig(aig, samples), evaluate(netlist, samples))
    assert len(set(map(tuple, aig.ands.tolist()))) == len(aig.ands)
    first = aig.n_inputs + 1
    assert all(2 * v > a > b > 1 for v, (a, b) in enumerate(aig.ands.tolist(), first))


def test_a_wrong_table_is_another_function() -> None:
    netlist = trained((1, 9))
    last = netlist.cells[-1]
    wrong = Cell(LUT, last.inputs, last.init ^ 0b11, last.name, last.layer)
    faulty = Netlist(netlist.n_inputs, (*netlist.cells[:-1], wrong), netlist.outputs)
    samples = exhaustive(12)
    assert (evaluate_aig(make_aig(faulty), samples) != evaluate(netlist, samples)).any()


@pytest.mark.parametrize(
    ("table", "k", "n_ands"),
    [
        (0b1000, 2, 1),  # a & b
        (0b0110, 2, 3),  # a ^ b
        (0b1101_1000, 3, 3),  # c ? ... : a & b, one implied by the other
        (0b1110_1000, 3, 4),  # majority
        (0x8000, 4, 3),
        (0x6996, 4, 9),  # parity: three times an exclusive or
        (0x6996_9669, 5, 12),
        (0, 4, 0),
    ],
)
def test_the_number_of_ands_is_known(table: int, k: int, n_ands: int) -> None:
    cell = Cell(LUT, tuple(range(2, 2 + k)), table, "l1_n0", 1)
    assert len(make_aig(Netlist(k, (cell,), (2 + k,))).ands) == n_ands


def test_both_forms_of_a_small_netlist() -> None:
    cells = (
        Cell(LUT, (2, 3), 0b1000, "both", 1),
        Cell(REGISTER, (4,), 0, "both_r1", 1),
        Cell(LUT, (5, 3), 0b0111, "l2_n0", 2),
    )
    aig = make_aig(Netlist(2, cells, (6, 0, 5)))
    symbols = ["i0 x[0]", "i1 x[1]", "l0 both_r1", "o0 y[0]", "o1 y[1]", "o2 y[2]", "c", "a note"]
    ascii_lines = ["aag 5 2 1 3 2", "2", "4", "6 8 6", "11", "0", "6", "8 4 2", "10 6 4", *symbols]
    assert aig.to_ascii(["a note"]).splitlines() == ascii_lines
    binary = ["aig 5 2 1 3 2", "8 6", "11", "0", "6"]
    expected = "\n".join(binary).encode() + b"\n\x04\x02\x04\x02" + "\n".join(symbols).encode()
    assert aig.to_binary(["a note"]) == expected + b"\n"


@pytest.mark.parametrize("every", [0, 1])
def test_aigverse_reads_both_forms_as_the_same_function(tmp_path: Path, every: int) -> None:
    aigverse = need_module("aigverse.io", "pip install 'lutgen[dev]'")
    algorithms = need_module("aigverse.algorithms", "pip install 'lutgen[dev]'")
    netlist = trained((1, 9), every)
    aig = make_aig(netlist)
    (tmp_path / "a.aag").write_text(aig.to_ascii(["made by a test"]))
    (tmp_path / "a.aig").write_bytes(aig.to_binary(["made by a test"]))
    samples = np.random.default_rng(0).integers(0, 2, size=(64, 12), dtype=np.uint8)
    expected = Bits(evaluate(netlist, Bits.from_dense(samples).words), 64).to_dense()[:, 0].tolist()
    for read, name in (
        (aigverse.read_ascii_aiger_into_sequential_aig, "a.aag"),
        (aigverse.read_aiger_into_sequential_aig, "a.aig"),
    ):
        graph = read(str(tmp_path / name))
        assert graph.num_gates == len(aig.ands)  # none is redundant to the reader, none is lost
        n_cycles = 64 + netlist.latency
        done = algorithms.simulate_sequential(graph, n_cycles, samples.astype(bool).tolist())
        answers = [int(cycle[0]) for cycle in done.outputs][netlist.latency :]
        assert answers == expected


@pytest.mark.parametrize("every", [0, 1])
def test_yosys_proves_the_binary_form_equal_to_the_verilog(tmp_path: Path, every: int) -> None:
    netlist = trained((1, 7), every)
    (tmp_path / "gold.v").write_text(emit_verilog(netlist, get_family("generic"), module="gold"))
    (tmp_path / "gate.aig").write_bytes(make_aig(netlist).to_binary())
    clock = "-clk_name clk" if netlist.latency else ""
    script = f"""
        read_verilog gold.v; proc; opt_clean; splitnets -ports
        read_aiger {clock} -module_name gate gate.aig
        miter -equiv -make_assert -flatten gold gate miter
        sat -verify -prove-asserts -seq {netlist.latency + 1} -prove-skip {netlist.latency} \
-set-init-undef -set-def-inputs miter
    """
    (tmp_path / "prove.ys").write_text(script)
    done = subprocess.run(
        [str(find_yosys().path), "-s", "prove.ys"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SAT proof finished - no model found: SUCCESS!" in done.stdout


def test_the_same_netlist_gives_the_same_bytes() -> None:
    aig = make_aig(trained(8, every=1))
    assert aig.to_ascii() == make_aig(trained(8, every=1)).to_ascii()
    assert aig.to_binary() == make_aig(trained(8, every=1)).to_binary()
