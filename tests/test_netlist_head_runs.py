"""Runs of counters: never more LUTs than the tree alone, right, proved, and placeable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from heads import SLICE4, SLICE8, answers, assert_right, samples
from hypothesis import given, settings
from hypothesis import strategies as st
from test_verify_head import assert_refuted

from lutgen.chips.registry import get_family
from lutgen.core import CoreConfig, make_core
from lutgen.emit.verilog import core_verilog
from lutgen.flow.yosys import OPTIMISED, synthesise
from lutgen.model import LutNetwork, Sum
from lutgen.netlist.check import check
from lutgen.netlist.head import SCORES, Head, Votes, build_head
from lutgen.netlist.head.compress import _plan, _tree
from lutgen.netlist.head.runs import Run, runs_before
from lutgen.netlist.ir import LUT
from lutgen.netlist.passes.pipeline import pipeline
from lutgen.netlist.stats import count_cells
from lutgen.verify.head import prove_head
from lutgen.verify.mutate import flip_init_bit
from lutgen.verify.prove import prove_model, prove_synthesised, prove_verilog, require_proved

SLICES = {"xilinx7": SLICE4, "xcup": SLICE8}


def columns(n_classes: int, n_columns: int, n_signals: int, *, signs: tuple[int, ...]) -> Votes:
    """Return votes of so many signals for each class and power of two, straight or complements."""
    rng = np.random.default_rng(n_signals)
    weights = np.zeros((n_classes, n_classes * n_columns * n_signals), np.int32)
    for c, row in enumerate(weights.reshape(n_classes, n_classes, n_columns, n_signals)):
        row[c] = (1 << np.arange(n_columns))[:, None] * rng.choice(signs, (n_columns, n_signals))
    return Votes(weights, np.arange(n_classes, dtype=np.int32) * 5)


def longest(head: Head) -> list[int]:
    """Return the places of the cells that make S for the positions of the longest chain."""
    chains: dict[str, list[int]] = {}
    for place, cell in enumerate(head.netlist.cells):
        name, _, part = cell.name.rpartition("_")
        if part[0] == "s" and not cell.hard and cell.primitive:
            chains.setdefault(name, []).append(place)
    return max(chains.values(), key=len)


@given(st.lists(st.integers(0, 24), min_size=1, max_size=8), st.integers(0, 255))
@settings(max_examples=25, deadline=None)
def test_runs_take_what_is_there_and_save_luts(given_counts: list[int], constant: int) -> None:
    counts = tuple(given_counts)
    constant %= 1 << len(counts)
    runs, tree = _plan(counts, constant, SLICE4)
    spent, left = 0, counts
    for run in runs:
        assert run.column < len(counts) and run.n_luts >= 1
        assert run.takes[0][0] + 2 * run.takes[0][1] <= 7
        assert all(low + 2 * high <= 6 for low, high in run.takes[1:])
        after = run.left_of(left)
        assert min(after) >= 0 and sum(after) < sum(left)
        spent, left = spent + run.n_luts, after
    n_luts, counters = _tree(left, constant, SLICE4)
    assert counters == tree
    alone = _tree(counts, constant, SLICE4)[0]
    assert spent + n_luts < alone if runs else n_luts == alone


def test_a_run_goes_up_all_columns_that_are_full() -> None:
    first = runs_before(sum, (12,) * 8 + (0, 0, 0, 0))[0]
    assert len(first.takes) == 4 and first.takes[1:] == ((6, 0),) * 3
    assert first.n_luts == first.end - first.column + 1
    assert Run(2, ((7, 0), (6, 0)), 5).n_luts == 3  # of the top column, one bit, and no carry
    assert runs_before(sum, (1, 1, 1)) == ()


# votes, and the LUTs of a tree of counters alone
LONG: list[tuple[Callable[[], Votes], int]] = [
    (lambda: columns(3, 8, 18, signs=(1,)), 340),
    (lambda: columns(3, 8, 18, signs=(-1,)), 340),
    (lambda: columns(3, 6, 13, signs=(-1, 1)), 200),
]


@pytest.mark.parametrize(("make", "n_luts"), LONG)
@pytest.mark.parametrize("name", SLICES)
def test_long_runs_are_right_smaller_and_proved(
    make: Callable[[], Votes], n_luts: int, name: str
) -> None:
    given_votes = make()
    family = get_family(name)
    head = build_head(given_votes, SLICES[name])
    check(head.netlist)
    assert len(longest(head)) > 6  # positions
    assert_right(head, given_votes)
    mapped = family.map(head.netlist)  # checks what slices allow
    assert mapped.count(LUT) < n_luts
    proof = prove_head(head, given_votes)
    assert proof.proved and not proof.failed, str(proof)
    assert max(len(counter.inputs) for counters in head.counters for counter in counters) <= 7


def test_where_all_are_complements_a_lut_makes_one_straight() -> None:
    """Straight ones below, complements above: neither way has a straight one in every part."""
    weights = np.zeros((1, 13), np.int32)
    weights[0, :7], weights[0, 7:] = 1, -4
    given_votes = Votes(weights, np.zeros(1, np.int32))
    head = build_head(given_votes, SLICE4, answer=SCORES)
    bits = samples(given_votes)
    numbers = answers(head.netlist, bits, False)
    np.testing.assert_array_equal(numbers, given_votes.scores(bits)[:, 0] & 63)
    assert prove_head(head, given_votes).proved


@pytest.mark.parametrize("name", SLICES)
@pytest.mark.parametrize("every", [1, 2])
def test_a_pipelined_run_is_the_same(name: str, every: int) -> None:
    given_votes = columns(3, 6, 13, signs=(-1, 1))
    head = build_head(given_votes, SLICES[name])
    piped, _ = pipeline(head.netlist, every)
    check(piped)
    get_family(name).map(piped)
    assert piped.depth <= every and piped.latency > 1
    assert_right(replace(head, netlist=piped), given_votes)


def test_a_fault_in_any_position_of_a_run_is_refuted() -> None:
    given_votes = columns(3, 5, 13, signs=(1,))
    head = build_head(given_votes, SLICE4)
    places = longest(head)
    assert len(places) > 4
    for place in places:
        faulty = replace(head, netlist=flip_init_bit(head.netlist, place, 0))
        assert_refuted(faulty, given_votes, prove_head(faulty, given_votes))


def test_a_claim_that_leaves_out_a_carry_proves_nothing() -> None:
    given_votes = columns(3, 6, 13, signs=(1,))
    head = build_head(given_votes, SLICE4)
    first, *rest = head.counters
    carries = {
        net
        for net, cell in enumerate(head.witness.cells, head.witness.first_cell)
        if ".CO[" in cell.primitive or ".CI.CO[" in cell.primitive
    }
    place = next(
        place for place, counter in enumerate(first) if {net for net, _ in counter.inputs} & carries
    )
    inputs = tuple(term for term in first[place].inputs if term[0] not in carries)
    wrong = (*first[:place], replace(first[place], inputs=inputs), *first[place + 1 :])
    assert not prove_head(
        replace(head, counters=(wrong, *rest)), given_votes, search_seconds=0
    ).proved


def test_synthesis_leaves_the_runs(tmp_path: Path) -> None:
    weights = columns(1, 4, 8, signs=(1,)).weights
    network = LutNetwork.from_luts(32, [], outputs=list(range(32)), head=Sum.of(weights))
    core = make_core(network, CoreConfig(chip="xilinx7"))
    result = synthesise(
        core_verilog(core), language="verilog", top=core.module, target="xilinx7",
        mode=OPTIMISED, out_dir=tmp_path,
    )  # fmt: skip
    assert result.cells["CARRY4"] == count_cells(core.netlist)["CARRY4"] > 1
    require_proved(prove_model(core))
    require_proved([prove_verilog(core, tmp_path), prove_synthesised(core, result, tmp_path)])
