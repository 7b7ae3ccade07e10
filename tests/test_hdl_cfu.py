"""The shell of a custom function unit under cocotb: stalls, resets, odd words; faults are seen."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from kits import X, core

from hdl import faulty
from lutgen.core import Core
from lutgen.flow.cocotb import Design as Bench
from lutgen.flow.cocotb import TestOutcome, build_bench
from lutgen.jobs.export import export
from lutgen.kit.design import CFU, make_design
from lutgen.kit.registers import id_words

TESTS = {"every_sample", "random_stalls", "words_that_are_not_there", "reset_in_the_middle"}


def run(
    folder: Path, made: Core, tests: Sequence[str] = (), fault: tuple[str, str] = ("", "")
) -> tuple[TestOutcome, ...]:
    record = export(made, folder, shell=CFU, X=X)
    design = make_design(made, CFU)
    sources = sorted((folder / "rtl").glob("*.v"))
    if fault[0]:
        path = folder / "rtl/lutgen_cfu.v"
        path.write_text(faulty(path, *fault))
    bench = build_bench(
        "bench_cfu",
        Bench(tuple(sources), record.top, tuple(port.name for port in design.ports)),
        folder=folder / "bench",
        simulator="icarus",
    )
    n_sample, n_answer = design.word_counts
    told = {
        "n_sample": n_sample,
        "n_answer": n_answer,
        "core_id": id_words(made.interface.core_id),
    }
    settings = {
        "LUTGEN_INPUTS": str(folder / f"tb/{record.top}_inputs.mem"),
        "LUTGEN_EXPECTED": str(folder / f"tb/{record.top}_expected.mem"),
        "LUTGEN_LATENCY": str(made.netlist.latency),
        "LUTGEN_MAP": json.dumps(told),
    }
    return bench.run(settings, tests=tests)


@pytest.mark.parametrize(
    "options",
    [{"scores": True}],
    ids=["class and scores"],
)
def test_every_command_is_answered_rightly(tmp_path: Path, options: dict[str, object]) -> None:
    outcomes = run(tmp_path, core(**options))
    assert {outcome.name for outcome in outcomes} == TESTS
    assert [outcome for outcome in outcomes if not outcome.passed] == []


FAULTS = {
    "a response does not wait": (
        "    if (rsp_ready) rsp_valid <= 1'b0;\n", "    rsp_valid <= 1'b0;\n", {"random_stalls"}),
    "a reset ends no run": ("      running   <= 1'b0;\n", "", {"reset_in_the_middle"}),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_planted_faults_are_seen(tmp_path: Path, fault: tuple[str, str, set[str]]) -> None:
    right, wrong, seen_by = fault
    outcomes = run(tmp_path, core(), sorted(seen_by), (right, wrong))
    assert {outcome.name for outcome in outcomes if not outcome.passed} == seen_by
