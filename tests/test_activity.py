"""How often nets change: the counts against dense ones and against a simulator's waveform."""

from __future__ import annotations

import io
import json
import re
import subprocess
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from needed import need_tool
from strategies import networks, random_network, random_samples
from vcd.reader import TokenKind, tokenize

from lutgen.bits import Bits
from lutgen.core import Core, CoreConfig, make_core
from lutgen.emit.activity import saif, value_changes
from lutgen.emit.verilog import core_verilog
from lutgen.flow.tools import find_icarus
from lutgen.jobs.activity import activity as count_activity
from lutgen.netlist import activity as module
from lutgen.netlist.activity import activity
from lutgen.netlist.evaluate import evaluate_nets
from lutgen.netlist.ir import FIRST_INPUT
from lutgen.records.activity import ACTIVITY_FILE, ActivityRecord

CYCLE_PS = 10_000


@settings(max_examples=30, deadline=None)
@given(networks(max_k=5), st.integers(1, 200), st.integers(0, 99))
def test_counts_are_those_of_dense_values(network, n_samples, seed) -> None:
    core = make_core(network, CoreConfig(chip="ice40", pipeline=1))
    samples = random_samples(np.random.default_rng(seed), n_samples, network.encoder.n_features)
    bits = core.interface.samples(samples)
    found = activity(core.netlist, bits)
    dense = Bits(evaluate_nets(core.netlist, bits.words), n_samples).to_dense().astype(int)
    assert found.toggles.tolist() == np.abs(np.diff(dense, axis=0)).sum(axis=0).tolist()
    assert found.ones.tolist() == dense.sum(axis=0).tolist()


def test_blocks_of_words_count_as_one(monkeypatch) -> None:
    core, bits = example()
    whole = activity(core.netlist, bits)
    monkeypatch.setattr(module, "_NET_BYTES", 8 * core.netlist.n_nets)  # a word at a time
    parts = activity(core.netlist, bits)
    assert parts.toggles.tolist() == whole.toggles.tolist()
    assert parts.ones.tolist() == whole.ones.tolist()


def example(n_samples: int = 300) -> tuple[Core, Bits]:
    rng = np.random.default_rng(8)
    core = make_core(random_network(rng, 12, [20, 10, 3], 4), CoreConfig(pipeline=1))
    return core, Bits.from_dense(rng.integers(0, 2, (n_samples, 12), dtype=np.uint8))


def test_files_have_the_changes_of_a_simulation(tmp_path: Path) -> None:
    core, bits = example()
    assert core.netlist.latency > 1
    simulated = settled(simulate(core, bits, tmp_path))
    written = settled(value_changes(core, bits, CYCLE_PS))
    assert written == simulated
    # the registers' first cycles are unknown, and their last values come after the last sample
    told = changes_of(saif(core, activity(core.netlist, bits), CYCLE_PS))
    latencies = module.stages(core.netlist)
    ends = bits.n_samples + core.netlist.latency
    longer = settled(simulate(core, bits, tmp_path, n_cycles=ends))
    for net in range(FIRST_INPUT, core.netlist.n_nets):
        name = core.netlist.net_name(net)
        values = longer[name][latencies[net] : latencies[net] + bits.n_samples]
        counted = sum(a != b for a, b in pairwise(values))
        assert told[name] == counted, name


def simulate(core: Core, bits: Bits, folder: Path, n_cycles: int = 0) -> str:
    """Return Icarus's waveform of a core, a sample a cycle, the last one held."""
    n_cycles = n_cycles or bits.n_samples
    rows = bits.to_dense()[np.minimum(np.arange(n_cycles), bits.n_samples - 1)]
    words = "\n".join("".join(map(str, row[::-1])) for row in rows.tolist())
    (folder / "samples.mem").write_text(words + "\n")
    (folder / "core.v").write_text(core_verilog(core))
    (folder / "bench.v").write_text(
        f"""`timescale 1ps/1ps
module bench;
  reg clk = 0; reg [11:0] x; wire [2:0] y; reg [11:0] mem [0:{n_cycles - 1}]; integer i;
  {core.module} core (.clk(clk), .x(x), .y(y));
  initial begin
    $readmemb("samples.mem", mem);
    $dumpfile("wave.vcd");
    $dumpvars(1, core);
    for (i = 0; i < {n_cycles}; i = i + 1) begin
      clk = 1; #1 x = mem[i]; #{CYCLE_PS // 2 - 1} clk = 0; #{CYCLE_PS // 2};
    end
    $finish;
  end
endmodule
"""
    )
    iverilog = need_tool(find_icarus).path
    for command in (
        [iverilog, "-g2005", "-o", "run", "core.v", "bench.v"],
        [Path(iverilog).with_name("vvp"), "-n", "run"],
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "wave.vcd").read_text()


def settled(text: str) -> dict[str, list[str]]:
    """Return the value of every net at the end of each cycle."""
    names: dict[str, list[str]] = {}
    values: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    time, cycle = 0, 1

    def close(until: int) -> None:
        nonlocal cycle
        while cycle * CYCLE_PS <= until:
            for name, value in values.items():
                found.setdefault(name, []).append(value)
            cycle += 1

    for token in tokenize(io.BytesIO(text.encode())):
        if token.kind is TokenKind.VAR:
            bit = token.var.bit_index
            name = token.var.reference + (f"[{bit}]" if isinstance(bit, int) else "")
            names.setdefault(token.var.id_code, []).append(name)
        elif token.kind is TokenKind.CHANGE_TIME:
            time = token.time_change
            close(time)
        elif token.kind is TokenKind.CHANGE_SCALAR:
            change = token.scalar_change
            for name in names[change.id_code]:
                values[name] = change.value
        elif token.kind is TokenKind.CHANGE_VECTOR:
            change = token.vector_change
            for name in names[change.id_code]:
                word = change.value
                bits = word if isinstance(word, str) else f"{word:b}"
                for i, bit in enumerate(reversed(bits.rjust(12, "x" if bits[0] == "x" else "0"))):
                    values[f"{name}[{i}]"] = bit
    close(time)
    return {name: row for name, row in found.items() if name not in ("clk", "y")}


def changes_of(text: str) -> dict[str, int]:
    """Return the changes of each net of a SAIF file."""
    found = re.findall(r"^ +\((\S+) \(T0 (\d+)\) \(T1 (\d+)\) \(TX 0\) \(TC (\d+)\)", text, re.M)
    (whole,) = re.findall(r"\(DURATION (\d+)\)", text)
    assert {int(low) + int(high) for _, low, high, _ in found} == {int(whole)}
    return {name.replace("\\", ""): int(changes) for name, _, _, changes in found}


def test_a_wrong_count_is_seen(tmp_path: Path) -> None:
    core, bits = example(64)
    found = activity(core.netlist, bits)
    wrong = found.toggles.copy()
    wrong[core.netlist.outputs[0]] += 1
    good = changes_of(saif(core, found, CYCLE_PS))
    assert changes_of(saif(core, replace(found, toggles=wrong), CYCLE_PS)) != good


def test_the_record_adds_up(tmp_path: Path) -> None:
    core, bits = example()
    record = count_activity(core, bits, folder=tmp_path, n_vcd=5, clock_mhz=100)
    assert record.cycle_ps == CYCLE_PS and record.files == ("activity.saif", "activity.vcd")
    found = activity(core.netlist, bits)
    read = {net for cell in core.netlist.cells for net in cell.inputs}
    counted = [n for n in range(FIRST_INPUT, core.netlist.n_nets)
               if n >= core.netlist.first_cell or n in read]  # fmt: skip
    assert sum(part.toggles for part in record.parts) == found.toggles[counted].sum()
    kinds = Counter((part.part, part.layer) for part in record.parts)
    assert set(kinds.values()) == {1} and ("core", 3) in kinds
    assert record.busiest[0].per_cycle > 0
    assert ActivityRecord.from_json(json.loads((tmp_path / ACTIVITY_FILE).read_text())) == record
    assert len((tmp_path / "activity.vcd").read_text().splitlines()) > 20


def test_the_clock_is_what_is_asked_expected_or_100_mhz() -> None:
    network = random_network(np.random.default_rng(1), 8, [4, 1], 3)
    bits = Bits.from_dense(np.eye(8, dtype=np.uint8))
    asked = make_core(network, CoreConfig(chip="ice40", fmax_target_mhz=50))
    expected = make_core(network, CoreConfig(chip="ice40", pipeline=1))
    none = make_core(network, CoreConfig(pipeline=1))
    assert expected.timing is not None
    periods = [count_activity(core, bits).cycle_ps for core in (asked, expected, none)]
    assert periods == [20_000, round(1e6 / expected.timing.estimated_mhz), 10_000]


@pytest.mark.parametrize("n_samples", [1, 2])
def test_a_sample_or_two(n_samples: int) -> None:
    core, bits = example(n_samples)
    found = activity(core.netlist, bits)
    assert found.n_samples == n_samples and found.toggles.max() <= n_samples - 1
    assert np.isfinite(found.per_cycle).all()
