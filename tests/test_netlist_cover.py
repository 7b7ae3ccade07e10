"""Covering with LUTs of the chip's size: same function, no deeper, and where it is used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from netlists import assert_same_function, exhaustive, netlists
from strategies import random_network, voting_network

from lutgen.chips.fabric.legal import check_muxes, check_sites
from lutgen.chips.registry import get_family
from lutgen.core import Core, CoreConfig, build, make_core
from lutgen.core.lower import lower
from lutgen.model import LutNetwork
from lutgen.netlist.check import check
from lutgen.netlist.compose import compose
from lutgen.netlist.evaluate import evaluate_nets
from lutgen.netlist.ir import CORE, ENCODER, HEAD, LUT, Cell, Netlist
from lutgen.netlist.passes.absorb import absorb
from lutgen.netlist.passes.cover import NAME, cover
from lutgen.netlist.passes.pipeline import pipeline
from lutgen.netlist.passes.prune import prune
from lutgen.netlist.passes.shrink import shrink
from lutgen.netlist.passes.support import support
from lutgen.verify.mutate import flip_init_bit
from lutgen.verify.prove import prove_steps

XOR, AND, OR = 0b0110, 0b1000, 0b1110
FABRICS = {name: get_family(name) for name in ("ice40", "ecp5", "xilinx7")}


def gates(seed: int, n_inputs: int = 24, widths: tuple[int, ...] = (40, 40, 40)) -> LutNetwork:
    """Return a network of two-input gates, as logic-gate networks are, that votes on classes."""
    return voting_network(np.random.default_rng(seed), n_inputs, list(widths), 2, 4)


def with_cover(core: Core) -> bool:
    return NAME in {step.name for step in core.steps}


@given(
    netlist=netlists(max_inputs=8, max_cells=24, max_k=7),
    k=st.integers(4, 6),
    seed=st.integers(0, 2**16 - 1),
    slack=st.integers(0, 3),
)
def test_it_keeps_function_names_and_what_has_to_stay(
    netlist: Netlist, k: int, seed: int, slack: int
) -> None:
    cells = tuple(
        cell.but(keep=seed >> place % 16 & 5 == 5, part=ENCODER if place < seed % 5 else CORE,
                 layer=0)
        for place, cell in enumerate(netlist.cells)
    )  # fmt: skip
    netlist = replace(netlist, cells=cells)
    tightest, _ = cover(netlist, k)
    covered, stats = cover(netlist, k, max_depth=tightest.depth + slack)
    check(covered)
    assert_same_function(netlist, covered)
    assert_same_function(netlist, tightest)
    assert covered.depth <= tightest.depth + slack
    assert stats.luts_after == covered.count(LUT) <= prune(netlist)[0].count(LUT)
    before = {cell.name: cell for cell in netlist.cells}
    for cell in covered.cells:
        assert cell.part == before[cell.name].part
        assert len(cell.inputs) <= max(k, len(before[cell.name].inputs))
    kept = {cell.name: cell.init for cell in covered.cells if cell.keep}
    assert kept == {cell.name: cell.init for cell in netlist.cells if cell.keep}
    # a name means the same before and after
    samples = exhaustive(netlist.n_inputs)
    values = [
        dict(zip([c.name for c in n.cells], evaluate_nets(n, samples)[n.first_cell :], strict=True))
        for n in (netlist, covered)
    ]
    for name, words in values[1].items():
        np.testing.assert_array_equal(words, values[0][name])


@pytest.mark.parametrize("target", FABRICS)
@given(first=netlists(max_inputs=7), second=netlists(max_inputs=6, max_k=7))
def test_it_leaves_what_names_its_primitive(target: str, first: Netlist, second: Netlist) -> None:
    """Hard multiplexers, halves of LUTs, and what drives them stay where they are."""
    family = FABRICS[target]
    first, mapped = support(first)[0], family.map(second)
    cells = tuple(cell.but(name=f"h_{cell.name}", site=f"h_{cell.site}" if cell.site else "",
                           part=HEAD, layer=0) for cell in mapped.cells)  # fmt: skip
    outputs = tuple(first.outputs[i % len(first.outputs)] for i in range(mapped.n_inputs))
    netlist = compose(
        replace(first, outputs=outputs), Netlist(mapped.n_inputs, cells, mapped.outputs)
    )
    covered, _ = cover(netlist, family.fabric.leaf if family.fabric else 4)
    check(covered)
    assert_same_function(netlist, covered)
    fixed = [
        [(c.name, c.primitive, c.init, c.site) for c in n.cells if c.primitive]
        for n in (prune(netlist)[0], covered)
    ]
    assert fixed[0] == fixed[1]
    assert family.fabric is not None
    realised = family.map(covered)
    check_muxes(realised, family.fabric)
    check_sites(realised, family.fabric)


@given(netlists())
def test_it_does_not_reach_across_registers(netlist: Netlist) -> None:
    piped, _ = pipeline(netlist, 1)
    covered, _ = cover(piped, 6)
    check(covered)  # all paths have the same latency
    assert covered.latency <= piped.latency  # less where all that is left is constant
    assert_same_function(netlist, covered)


def lut(name: str, table: int, *inputs: int, part: str = CORE) -> Cell:
    return Cell(LUT, inputs, table, name, 0, part=part)


def test_shared_logic_goes_into_each_of_its_readers() -> None:
    # absorb has to stop at `both`, which two LUTs read
    cells = (lut("both", AND, 2, 3), lut("a", XOR, 6, 4), lut("b", OR, 6, 5))
    netlist = Netlist(4, cells, (7, 8))
    assert absorb(netlist, 4)[0].count(LUT) == 3
    covered, stats = cover(netlist, 4)
    assert str(covered).splitlines() == [
        "inputs 4",
        "a = lut 78 (x[0] x[1] x[2])",
        "b = lut f8 (x[0] x[1] x[3])",
        "outputs a b",
    ]
    assert (stats.luts_before, stats.luts_after, stats.changes) == (3, 2, 3)


def test_a_function_that_turns_out_simpler_loses_inputs() -> None:
    cells = (lut("a", XOR, 2, 3), lut("b", XOR, 4, 3))  # b = x0
    covered, _ = cover(Netlist(2, cells, (5,)), 4)
    assert str(covered) == "inputs 2\nb = lut 2 (x[0])\noutputs b"
    cells = (lut("a", XOR, 2, 3), lut("b", 0b1001, 2, 3), lut("c", AND, 4, 5))  # never both
    covered, _ = cover(Netlist(2, cells, (6,)), 4)
    assert str(covered) == "inputs 2\nc = lut 0 (0)\noutputs c"


def test_parts_stay_apart() -> None:
    cells = (lut("e0_f0_ge1", AND, 2, 3, part=ENCODER), lut("a", XOR, 4, 5))
    netlist = Netlist(3, cells, (6,))
    assert cover(netlist, 4)[0] == netlist
    together = tuple(cell.but(part=CORE) for cell in cells)
    assert cover(replace(netlist, cells=together), 4)[0].count(LUT) == 1


def test_depth_is_the_least_there_is_and_more_only_where_it_is_allowed() -> None:
    """A chain of 20 gates over its own inputs is 4 levels of 6-LUTs."""
    chain = tuple(lut(f"l{i}", AND if i % 2 else XOR, 2 if not i else 22 + i, 3 + i)
                  for i in range(20))  # fmt: skip
    netlist = Netlist(21, chain, (42,))
    covered, _ = cover(netlist, 6)
    assert (covered.count(LUT), covered.depth) == (4, 4)
    assert absorb(netlist, 6)[0].count(LUT) == 4


@pytest.mark.parametrize(("k", "luts", "levels", "absorbed"), [(6, 45, 2, 65), (4, 55, 2, 67)])
def test_counts_of_a_small_circuit(k: int, luts: int, levels: int, absorbed: int) -> None:
    netlist, _ = shrink(lower(gates(5, 30, (120, 120, 60))))
    covered, _ = cover(netlist, k)
    assert (covered.count(LUT), covered.depth) == (luts, levels)
    assert absorb(netlist, k)[0].count(LUT) == absorbed


@pytest.mark.parametrize("chip", ["ice40", "ecp5", "xilinx7"])
def test_cores_of_gates_get_smaller_and_no_deeper(
    chip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = gates(2)
    core = make_core(network, CoreConfig(chip=chip))
    assert with_cover(core)
    assert all(proof.result.proved for proof in prove_steps(core))
    monkeypatch.setattr(build, "_smallest_cover", lambda netlist, family: [])
    plain = make_core(network, CoreConfig(chip=chip))
    assert not with_cover(plain)
    assert core.netlist.count(LUT) < plain.netlist.count(LUT)


def test_networks_of_wide_luts_are_left_alone() -> None:
    network = random_network(np.random.default_rng(3), 12, [20, 20, 1], 6)
    assert not with_cover(make_core(network, CoreConfig(chip="ice40")))
    assert not with_cover(make_core(gates(2), CoreConfig()))  # takes tables as they are


def test_a_fault_in_the_cover_makes_the_proof_of_that_step_fail() -> None:
    core = make_core(gates(1), CoreConfig(chip="xilinx7"))
    number = [step.name for step in core.steps].index(NAME)
    step = core.steps[number]
    rng = np.random.default_rng(0)
    caught = 0
    for place in rng.choice(len(step.after.cells), 10, replace=False).tolist():
        entry = int(rng.integers(1 << len(step.after.cells[place].inputs)))
        wrong = replace(step, after=flip_init_bit(step.after, place, entry))
        follower = replace(core.steps[number + 1], before=wrong.after)
        steps = (*core.steps[:number], wrong, follower, *core.steps[number + 2 :])
        proofs = []
        for proof in prove_steps(replace(core, steps=steps)):
            proofs.append(proof)
            if len(proofs) > number:
                break
        assert all(proof.result.proved for proof in proofs[:-1])
        if not proofs[-1].result.proved:
            assert proofs[-1].result.counterexample is not None
            caught += 1
    assert caught >= 8  # an entry that no input reaches changes nothing
