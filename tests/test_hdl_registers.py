"""The register shells on their buses: every stall, strobe, reset and refusal; faults are seen."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from kits import X, core, network

from hdl import faulty
from lutgen.assets import asset
from lutgen.core import Core, CoreConfig, make_core
from lutgen.flow.cocotb import Design as Bench
from lutgen.flow.cocotb import TestOutcome, build_bench
from lutgen.jobs.export import export
from lutgen.kit.design import AXILITE, WISHBONE, make_design
from lutgen.kit.registers import id_words
from lutgen.model import LutNetwork, Sum

BUSES = (AXILITE, WISHBONE)
TESTS = {
    "every_sample",
    "random_stalls",
    "partial_strobes",
    "back_to_back",
    "out_of_range",
    "interrupt",
    "starts_anew",
    "reset_in_the_middle",
}


def scoring() -> LutNetwork:
    """A network that answers scores, some of them below zero."""
    made = network()
    head = Sum(
        np.array([[-3, 1, 2, -2, 1, 1], [5, -9, 1, 1, 2, 3]], np.int32), np.array([-2, 1], np.int32)
    )
    return replace(made, head=head)


CORES = {
    "a class, pipelined": lambda: core(pipeline=1),
    "one bit a class, encoded bits, combinational": lambda: core(
        pipeline=0, input_format="", accept_rounding=False, one_hot=True
    ),
    "scores": lambda: make_core(
        scoring(), CoreConfig(input_format="s24:scale=2^-9", pipeline=2, accept_rounding=True)
    ),
}


def run(
    folder: Path, made: Core, bus: str, tests: Sequence[str] = (), fault: tuple[str, str] = ("", "")
) -> tuple[TestOutcome, ...]:
    """Export a kit and run the bench on its hardware, with a text of it exchanged."""
    record = export(made, folder, shell=bus, X=X)
    design = make_design(made, bus)
    assert design.registers
    sources = sorted((folder / "rtl").glob("*.v"))
    right, wrong = fault
    if right:
        (path,) = (path for path in sources if right in path.read_text())
        path.write_text(faulty(path, right, wrong))
    bench = build_bench(
        "bench_registers",
        Bench(tuple(sources), record.top, tuple(port.name for port in design.ports)),
        folder=folder / "bench",
        simulator="icarus",
    )
    offsets = {register.name: register.offset for register in design.registers.registers}
    counts = {
        "n_sample": design.registers["SAMPLE"].n_words,
        "n_answer": design.registers["ANSWER"].n_words,
        "core_id": id_words(made.interface.core_id),
    }
    settings = {
        "LUTGEN_INPUTS": str(folder / f"tb/{record.top}_inputs.mem"),
        "LUTGEN_EXPECTED": str(folder / f"tb/{record.top}_expected.mem"),
        "LUTGEN_LATENCY": str(made.netlist.latency),
        "LUTGEN_MAP": json.dumps(offsets | counts),
    }
    return bench.run(settings, tests=tests)


@pytest.mark.parametrize("bus", BUSES)
@pytest.mark.parametrize("made", CORES.values(), ids=CORES)
def test_every_access_is_answered_rightly(tmp_path: Path, made: object, bus: str) -> None:
    outcomes = run(tmp_path, made(), bus)  # type: ignore[operator]
    assert {outcome.name for outcome in outcomes} == TESTS
    assert [outcome for outcome in outcomes if not outcome.passed] == []


def test_scores_stand_in_registers_as_numbers(tmp_path: Path) -> None:
    made = CORES["scores"]()
    record = export(made, tmp_path, shell=AXILITE, X=X)
    lines = (tmp_path / f"tb/{record.top}_expected.mem").read_text().split()
    words = [[int(line, 16) >> 32 * i & 0xFFFFFFFF for i in range(2)] for line in lines]
    scores = np.array(words, np.uint32).view(np.int32)
    assert np.array_equal(scores, made.interface.numbers(made.interface.answers(
        made.interface.samples(X))))  # fmt: skip
    assert scores.min() < 0 < scores.max()


FAULTS = {
    "a strobe is not heeded": (
        WISHBONE,
        "if (is_written && write_strobe[lane])",
        "if (is_written)",
        {"partial_strobes"},
    ),
    "the answer too early": (
        AXILITE,
        "count <= CYCLES[COUNT_BITS-1:0];",
        "count <= {COUNT_BITS{1'b0}};",
        {"every_sample"},
    ),
    "START does not clear DONE": (AXILITE, "      done  <= 1'b0;\n      count", "      count",
                                  {"starts_anew"}),
    "the interrupt is always enabled": (
        WISHBONE, "irq      = done && interrupt_enable", "irq      = done", {"interrupt"},
    ),
    "any write clears DONE": (
        WISHBONE, "if (to_status && write_data[1])", "if (to_status)", {"interrupt"},
    ),
    "a word too many": (
        AXILITE, "write_at < SAMPLE_END);", "write_at <= SAMPLE_END);", {"out_of_range"},
    ),
    "errors are answered with OKAY": (
        AXILITE, "write_ok ? OKAY : SLVERR", "OKAY", {"out_of_range"},
    ),
    "ack and no err": (WISHBONE, "wb_ack_o <= access && is_ok;", "wb_ack_o <= access;",
                       {"out_of_range"}),
    "a write waits for no response": (
        AXILITE,
        "have_data && (!s_axi_bvalid || s_axi_bready)",
        "have_data",
        {"random_stalls"},
    ),
    "a read waits for no response": (
        AXILITE,
        "have_read && (!s_axi_rvalid || s_axi_rready)",
        "have_read",
        {"back_to_back"},
    ),
    "data without its address": (
        AXILITE, "write         = have_address && have_data", "write         = have_data",
        {"random_stalls"},
    ),
    "a reset does not end what is under way": (
        WISHBONE, "      busy             <= 1'b0;\n", "", {"reset_in_the_middle"},
    ),
    "a reset forgets no read": (
        AXILITE, "    if (rst) begin\n      have_address <= 1'b0;\n      have_data    <= 1'b0;\n"
        "      have_read    <= 1'b0;\n", "    if (rst) begin\n", {"reset_in_the_middle"},
    ),
    "the wrong identity": (
        WISHBONE, "CORE_ID[32*(read_at - AT_ID) +: 32]", "CORE_ID[32*(read_at - AT_ID) +: 31]",
        {"every_sample"},
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_planted_faults_are_seen(tmp_path: Path, fault: tuple[str, str, str, set[str]]) -> None:
    bus, right, wrong, seen_by = fault
    outcomes = run(tmp_path, core(), bus, sorted(seen_by), (right, wrong))
    assert {outcome.name for outcome in outcomes if not outcome.passed} == seen_by


def test_the_hardware_is_where_it_is_looked_for() -> None:
    for name in ("registers", *BUSES):
        assert asset(f"hdl/lutgen_{name}.v").is_file()
