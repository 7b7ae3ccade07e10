"""Bits flipped in the field: the fast count is what one flip after the other gives."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from netlists import netlists
from strategies import random_samples, voting_network
from typer.testing import CliRunner

from lutgen.bits import Bits, tail_mask
from lutgen.cli.app import app
from lutgen.core import Core, CoreConfig, make_core
from lutgen.errors import ConfigError, DataError
from lutgen.jobs.faults import faults
from lutgen.jobs.report import write_report
from lutgen.model import LutNetwork, Sum
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import REGISTER, Netlist
from lutgen.netlist.passes.triplicate import ALL, REGISTERS
from lutgen.netlist.strike import Strikes
from lutgen.records.faults import FaultsRecord
from lutgen.verify.mutate import flip_init_bit, invert
from lutgen.verify.upsets import (
    PROVED,
    Upsets,
    judge,
    several,
    sites,
    strike_all,
    wanted_classes,
)

N_INPUTS, N_SAMPLES = 7, 100
CONFIGS = {
    "ice40": CoreConfig(chip="ice40", pipeline=1),
    "xilinx7": CoreConfig(chip="xilinx7", pipeline=2, scores=True),
    "generic": CoreConfig(),
    "registers": CoreConfig(chip="ice40", pipeline=1, tmr=REGISTERS),
    "outputs": CoreConfig(chip="ecp5", tmr=ALL, tmr_outputs=True),
}


def core_of(config: CoreConfig) -> Core:
    """Return a small core of three classes, all of whose inputs can be tried."""
    return make_core(voting_network(np.random.default_rng(1), N_INPUTS, [5, 6], (3, 5), 3), config)


@pytest.mark.parametrize("name", CONFIGS)
def test_one_strike_a_lut_tells_of_all_its_bits(name: str) -> None:
    core = core_of(CONFIGS[name])
    rng = np.random.default_rng(0)
    bits = core.interface.samples(random_samples(rng, N_SAMPLES, N_INPUTS))
    labels = rng.integers(-1, 3, N_SAMPLES)  # some that the model does not know
    upsets = Upsets(core, bits, *wanted_classes(core, labels))
    right = core.interface.answers(bits)
    before = core.interface.numbers(right) == labels
    assert upsets.n_right == before.sum()
    luts, registers = sites(core.netlist)
    assert len(registers) == core.netlist.count(REGISTER)
    for site in (*luts, *registers):
        tally = upsets.tally(site)
        for i, entry in enumerate(site.entries):
            place = site.net - core.netlist.first_cell
            faulty = invert(core.netlist, place)
            if site.address:
                faulty = flip_init_bit(core.netlist, place, entry)
            seen = Bits(evaluate(faulty, bits.words) & tail_mask(N_SAMPLES), N_SAMPLES)
            after = core.interface.numbers(seen) == labels
            answers = [core.interface.voted(y).to_dense() for y in (seen, right)]
            assert tally.changed[i] == (answers[0] != answers[1]).any(axis=1).sum()
            assert tally.lost[i] == (before & ~after).sum()
            assert tally.gained[i] == (after & ~before).sum()
            assert upsets.right_after([(site, entry)]) == after.sum()


def test_bits_that_two_outputs_share_strike_both() -> None:
    """A LUT6_2 whose smaller output is the lower half of the larger one."""
    from lutgen.chips.registry import get_family

    network = voting_network(np.random.default_rng(2), 24, [40], (3, 6), 4)
    core = make_core(network, CoreConfig(chip="xilinx7"))
    shared = [cell for cell in core.netlist.cells if cell.primitive.startswith("LUT6_2.I5")]
    luts, _ = sites(core.netlist)
    nets = [net for site in luts for net, _ in site.flips]
    names = Counter(core.netlist.net_name(net) for net in nets)
    for cell in shared:
        assert names[cell.name] == (2 if len(cell.inputs) == 6 else 1)
    parts = get_family("xilinx7").primitives
    assert (
        sum(len(s.entries) for s in luts)
        == sum(
            1 << len(cell.inputs)
            for cell in core.netlist.cells
            if not cell.hard and parts[cell.primitive].init
        )
        - 32 * len(shared) // 2
    )
    rng = np.random.default_rng(0)
    bits = core.interface.samples(random_samples(rng, 300, 24))
    upsets = Upsets(core, bits)
    right = core.interface.answers(bits).to_dense()
    joint = [site for site in luts if len(site.flips) > 1]
    assert len(joint) > 1
    for site in joint[:3]:
        tally = upsets.tally(site)
        for i, entry in enumerate(site.entries):
            faulty = flip_init_bit(core.netlist, site.net - core.netlist.first_cell, entry)
            seen = Bits(evaluate(faulty, bits.words) & tail_mask(300), 300).to_dense()
            assert tally.changed[i] == (seen != right).any(axis=1).sum()


@given(netlists(max_k=8), st.data())
def test_what_changes_is_computed_again(netlist: Netlist, data: st.DataObject) -> None:
    if not netlist.cells:
        return
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    inputs = rng.integers(0, 1 << 64, size=(netlist.n_inputs, 3), dtype=np.uint64)
    strikes = Strikes(netlist, inputs)
    place = data.draw(st.integers(0, len(netlist.cells) - 1))
    other = data.draw(st.integers(0, len(netlist.cells) - 1))
    entry = data.draw(st.integers(0, (1 << len(netlist.cells[other].inputs)) - 1))
    nets = {netlist.first_cell + place: None}
    found = strikes.after(nets, {netlist.first_cell + other: [entry]})
    wanted = evaluate(invert(flip_init_bit(netlist, other, entry), place), inputs)
    np.testing.assert_array_equal(strikes.outputs if found is None else found, wanted)
    assert strikes.after() is None  # and all is as it was
    np.testing.assert_array_equal(strikes.outputs, evaluate(netlist, inputs))


@pytest.mark.parametrize("name", CONFIGS)
def test_proved_is_what_no_input_shows(name: str) -> None:
    core = core_of(CONFIGS[name])
    every = (np.arange(1 << N_INPUTS)[:, None] >> np.arange(N_INPUTS) & 1).astype(np.uint8)
    some = Upsets(core, core.interface.samples(every[::9]))
    whole = Upsets(core, core.interface.samples(every))
    found = [site for part in sites(core.netlist) for site in part]
    tallies = [some.tally(site) for site in found]
    verdicts = judge(core, tallies, seed=0, n_random=64, budget_seconds=600, max_conflicts=100_000)
    assert verdicts.n_undecided == 0
    told = Counter(verdict for some in verdicts.of.values() for verdict in some)
    assert told[PROVED] > 0
    for site in found:
        shows = whole.tally(site).changed > 0
        assert [verdict == PROVED for verdict in verdicts.of[site]] == (~shows).tolist()
    if name == "outputs":
        assert set(told) == {PROVED} and not verdicts.n_asked
    else:
        assert told["solver"] > 0


def test_without_time_nothing_is_proved_by_the_solver() -> None:
    core = core_of(CONFIGS["ice40"])
    upsets = Upsets(core, core.interface.samples(np.zeros((1, N_INPUTS))))
    luts, _ = sites(core.netlist)
    tallies = strike_all(upsets, luts, seed=1, budget_seconds=60, n_luts=4)
    assert len(tallies) == 4
    again = strike_all(upsets, luts, seed=1, budget_seconds=0)
    assert [t.site for t in again] == [tallies[0].site]  # the same order, cut short
    verdicts = judge(core, tallies, seed=0, n_random=64, budget_seconds=-1, max_conflicts=10)
    assert verdicts.n_asked == 0
    assert "not seen" in {verdict for some in verdicts.of.values() for verdict in some}


def test_several_flips_are_drawn_by_the_seed() -> None:
    core = core_of(CONFIGS["ice40"])
    X = random_samples(np.random.default_rng(0), N_SAMPLES, N_INPUTS)
    upsets = Upsets(core, core.interface.samples(X))
    luts, _ = sites(core.netlist)
    first = list(several(upsets, luts, seed=3, n_draws=5, max_flips=8))
    assert [point.n_flips for point in first] == [1, 2, 4, 8]
    assert first == list(several(upsets, luts, seed=3, n_draws=5, max_flips=8))
    assert first != list(several(upsets, luts, seed=4, n_draws=5, max_flips=8))
    assert first[0].mean > first[-1].mean and first[-1].half_width > 0


def test_the_job_counts_all_or_what_is_drawn(tmp_path: Path) -> None:
    core = core_of(CONFIGS["ice40"])
    X = random_samples(np.random.default_rng(0), N_SAMPLES, N_INPUTS)
    y = core.network.predict(X)
    record = faults(core, X, y, folder=tmp_path, n_draws=3, max_flips=4)
    assert FaultsRecord.read(tmp_path / "faults.json") == record
    assert record.exhaustive and record.right == 1 and record.metric == "accuracy"
    assert record.sum("n_bits") == 16 * record.sum("n_cells")
    assert {part.part for part in record.parts} == {"core", "head"}
    assert record.never == 1 - record.sum("samples") / record.sum("n_tried")
    assert record.never_half_width == 0 and record.sum("not_seen") == 0
    drawn = faults(core, X, y, n_luts=10, n_draws=2, max_flips=2, seed=5)
    assert not drawn.exhaustive and drawn.sum("n_cells_tried") == 10
    assert drawn.never_half_width > 0
    assert abs(drawn.never - record.never) < 3 * drawn.never_half_width
    with pytest.raises(DataError, match=r"labels of shape \(3,\) for 100 samples"):
        faults(core, X, y[:3])


def test_a_core_of_wires_has_nothing_to_flip() -> None:
    network = LutNetwork.from_luts(2, [((0, 1), 0b1010)])  # the first input
    with pytest.raises(ConfigError, match="neither LUTs nor registers"):
        faults(make_core(network), np.zeros((4, 2)))


def test_a_model_of_numbers_is_measured_by_what_it_answers() -> None:
    network = core_of(CONFIGS["ice40"]).network
    head = Sum(network.head.weights[:1], network.head.bias[:1])  # type: ignore[union-attr]
    core = make_core(replace(network, head=head), CoreConfig(chip="ice40"))
    X = random_samples(np.random.default_rng(0), 50, N_INPUTS)
    record = faults(core, X, np.zeros(50), n_draws=2, max_flips=2, proof_seconds=5)
    assert record.metric == "agreement" and record.right == 1


def test_three_copies_leave_nothing_to_see() -> None:
    X = random_samples(np.random.default_rng(0), N_SAMPLES, N_INPUTS)
    record = faults(core_of(CONFIGS["outputs"]), X, n_draws=2, max_flips=2)
    assert record.never == 1 and record.sum("proved") == record.sum("n_tried")
    last = faults(core_of(replace(CONFIGS["outputs"], tmr_outputs=False)), X, n_draws=2)
    assert 0 < last.sum("samples") <= 16 * 2  # of the last voters


def run(*words: object) -> Any:
    result = CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def test_the_command_and_its_report(tmp_path: Path) -> None:
    X = random_samples(np.random.default_rng(0), N_SAMPLES, N_INPUTS)
    network = core_of(CONFIGS["ice40"]).network
    network.save(tmp_path / "m.npz")
    rows = np.column_stack([X, network.predict(X)])
    names = ",".join([*(f"f{i}" for i in range(N_INPUTS)), "label"])
    np.savetxt(tmp_path / "d.csv", rows, fmt="%d", delimiter=",", header=names, comments="")
    words = ("faults", tmp_path / "m.npz", "--data", tmp_path / "d.csv", "--chip", "ice40",
             "--pipeline", 1, "--draws", 2, "--max-flips", 4, "-o", tmp_path / "o")  # fmt: skip
    text = run(*words).output
    assert "all, 100 samples)" in text.replace("\n", " ")
    assert "bits of truth tables, all of them flipped" in text and "written:" in text
    report = write_report(tmp_path / "o")
    assert "Several bits flipped at once" in report.text
    page = (tmp_path / "o" / "report.html").read_text()
    assert 'id="faults"' in page and "Accuracy by the number of flips" in page
    assert page.count("<svg") == page.count("</svg>") >= 1
    assert report.record["faults"]["n_samples"] == N_SAMPLES
    shown = json.loads(run(*words, "--json", "--drawn-luts", 5).stdout)
    assert shown["exhaustive"] is False and shown["parts"]
