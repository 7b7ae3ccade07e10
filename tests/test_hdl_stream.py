"""The AXI4-Stream shell under cocotbext-axi: every stall, cut and reset; faults are seen."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from strategies import voting_network

from hdl import STREAM_PORTS, faulty, fold_core, write_vectors
from lutgen.assets import asset
from lutgen.board.shell import STREAM_MODULE, CorePorts, stream_sources, stream_top
from lutgen.board.stream import simulate_stream
from lutgen.core import CoreConfig, make_core
from lutgen.encode.encoder import fit_encoder
from lutgen.errors import ConfigError
from lutgen.flow.cocotb import Design, TestOutcome, build_bench
from lutgen.flow.lint import lint

N_VECTORS = 60
TESTS = {
    "every_sample_once",
    "random_stalls",
    "nobody_takes_the_answers",
    "valid_waits_for_nobody",
    "packets_cut_short",
    "reset_in_mid_sample",
}

# input bits, answer bits, latency, beat
SHAPES = {
    "a beat is a sample": (10, 1, 0, 16),
    "bytes, the last half empty": (20, 3, 4, 8),
    "single bits, deep pipeline": (3, 9, 7, 1),
    "answers wider than the input": (40, 75, 2, 16),
}


def run(
    folder: Path, shape: tuple[int, int, int, int], shell: str = "", tests: Sequence[str] = ()
) -> tuple[TestOutcome, ...]:
    n_inputs, answer_width, latency, beat_width = shape
    core, text = fold_core(n_inputs, answer_width, latency)
    sources = {"core.v": text, "top.v": stream_top(core, beat_width=beat_width)}
    (source,) = stream_sources()
    sources["shell.v"] = shell or source.read_text()
    for name, content in sources.items():
        (folder / name).write_text(content)
    bench = build_bench(
        "bench_stream",
        Design(tuple(folder / name for name in sources), STREAM_MODULE, STREAM_PORTS),
        folder=folder / "bench",
    )
    return bench.run(write_vectors(folder, core, N_VECTORS), tests=tests)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_stall_pattern_keeps_every_answer(
    tmp_path: Path, shape: tuple[int, int, int, int]
) -> None:
    outcomes = run(tmp_path, shape)
    assert {outcome.name for outcome in outcomes} == TESTS
    assert [outcome for outcome in outcomes if not outcome.passed] == []


FAULTS = {
    "no credits": (
        "s_axis_tready = !rst && !n_open[DEPTH_LOG2]",
        "s_axis_tready = !rst",
        {"nobody_takes_the_answers", "random_stalls"},
    ),
    "answers a cycle early": (
        "if (valid[LATENCY]) fifo[write_at] <= {short[LATENCY], last[LATENCY], core_y};",
        "if (valid[LATENCY-1]) fifo[write_at] <= {short[LATENCY], last[LATENCY], core_y};",
        {"every_sample_once"},
    ),
    "no mark on a short sample": (
        "next_short = {short, !is_whole}",
        "next_short = {short, 1'b0}",
        {"packets_cut_short"},
    ),
    "a beat left over after a cut": (
        "if (rst || is_done) beat",
        "if (rst || (taken && is_whole)) beat",
        {"packets_cut_short"},
    ),
    "the FIFO forgets no answer at reset": (
        "      read    <= {(DEPTH_LOG2+1){1'b0}};\n",
        "",
        {"reset_in_mid_sample"},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_planted_faults_are_seen(tmp_path: Path, fault: tuple[str, str, set[str]]) -> None:
    right, wrong, seen_by = fault
    shell = faulty(asset("hdl/lutgen_stream.v"), right, wrong)
    outcomes = run(tmp_path, SHAPES["bytes, the last half empty"], shell, sorted(seen_by))
    assert {outcome.name for outcome in outcomes if not outcome.passed} == seen_by


@pytest.mark.parametrize("shape", [*SHAPES.values(), (784, 4, 5, 32), (64, 32, 0, 64)])
def test_the_shell_is_lint_clean(tmp_path: Path, shape: tuple[int, int, int, int]) -> None:
    core, text = fold_core(*shape[:3])
    top, body = tmp_path / f"{STREAM_MODULE}.v", tmp_path / f"{core.module}.v"
    top.write_text(stream_top(core, beat_width=shape[3]))
    body.write_text(text)
    assert lint([top, body, *stream_sources()], top=STREAM_MODULE) == []


def test_features_stand_in_lanes_of_whole_bytes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 4)) * [1, 900, 30, 1]
    encoder = fit_encoder("thermometer:4:quantile", X)
    network = voting_network(rng, encoder.n_bits, [9, 5], 4, 3, encoder=encoder)
    formats = ("q4.8", "s17:scale=2^-5", "s8", "u3:scale=0.5:offset=-2")
    config = CoreConfig(input_format=formats, accept_rounding=True, pipeline=1)
    core = make_core(network, config)
    ports = CorePorts.of(core)
    assert (ports.lanes, ports.n_stream_bits) == ((16, 24, 8, 8), 56)
    sent = ports.to_lanes(core.interface.samples(X)).to_dense().astype(np.int64)
    codes = core.interface.codes(X)
    assert np.array_equal(sent[:, :16] @ (1 << np.arange(16)), codes[:, 0] & 0xFFF)
    assert np.array_equal(sent[:, 16:40] @ (1 << np.arange(24)), codes[:, 1] & 0x1FFFF)
    assert np.array_equal(sent[:, 48:] @ (1 << np.arange(8)), codes[:, 3])
    result = simulate_stream(network, X, tmp_path, config, beat_width=24)
    assert (result.n_equal, result.n_samples, result.message) == (40, 40, "")


def test_lanes_are_lint_clean(tmp_path: Path) -> None:
    core, text = fold_core(40, 3, 1)
    for widths in ((12, 17, 8, 3), (8, 16, 16)):
        top, body = tmp_path / f"{STREAM_MODULE}.v", tmp_path / f"{core.module}.v"
        top.write_text(stream_top(replace(core, widths=widths), beat_width=16))
        body.write_text(text)
        assert lint([top, body, *stream_sources()], top=STREAM_MODULE) == []


def test_a_beat_has_at_least_one_bit() -> None:
    with pytest.raises(ConfigError, match="at least one bit, got 0"):
        stream_top(CorePorts("core", 8, 1, 0, False), beat_width=0)
