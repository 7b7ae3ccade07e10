"""The serial shell under cocotbext-uart: errors, gaps, resets, wrong clocks; faults are seen."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hdl import UART_PORTS, answer, faulty, fold_core, write_vectors
from lutgen.assets import asset
from lutgen.board.shell import (
    SELF_TEST_CYCLES,
    UART_MODULE,
    CorePorts,
    uart_sources,
    uart_top,
)
from lutgen.core.interface import BITS
from lutgen.errors import ConfigError
from lutgen.flow.cocotb import Design, TestOutcome, build_bench
from lutgen.flow.lint import lint
from lutgen.host.identity import Identity, info_words
from lutgen.host.protocol import self_test_vectors, sign
from lutgen.netlist.head import NUMBER, SCORES

CORE_ID = "".join(f"{(37 * i + 5) % 256:02x}" for i in range(32))
N_VECTORS = 40
N_TESTS = 16
CLKS_PER_BIT, TIMEOUT_CLKS = 8, 400
SHAPES = {
    "padding": (20, 3, 4),
    "no padding, combinational, 32 bits": (64, 32, 0),
}


def identity(core: CorePorts) -> Identity:
    return Identity(CORE_ID, core.n_inputs, answer_width=core.answer_width)


def run(
    folder: Path, shape: tuple[int, int, int], files: dict[str, str], tests: Sequence[str] = ()
) -> tuple[TestOutcome, ...]:
    core, text = fold_core(*shape)
    who = identity(core)
    top = uart_top(core, identity=who, clks_per_bit=CLKS_PER_BIT, timeout_clks=TIMEOUT_CLKS)
    sources = {path.name: path.read_text() for path in uart_sources()}
    sources |= {"core.v": text, "top.v": top} | files
    for name, content in sources.items():
        (folder / name).write_text(content)
    bench = build_bench(
        "bench_uart",
        Design(tuple(folder / name for name in sources), UART_MODULE, UART_PORTS),
        folder=folder / "bench",
    )
    vectors = self_test_vectors(core.n_inputs, SELF_TEST_CYCLES)
    numbers = [int("".join(map(str, bits[::-1])), 2) for bits in vectors.tolist()]
    settings = {
        "LUTGEN_CLKS_PER_BIT": str(CLKS_PER_BIT),
        "LUTGEN_TIMEOUT_CLKS": str(TIMEOUT_CLKS),
        "LUTGEN_INFO": ",".join(map(str, info_words(who))),
        "LUTGEN_SIGNATURE": str(sign(np.array([answer(core, x) for x in numbers]))),
    }
    return bench.run(write_vectors(folder, core, N_VECTORS) | settings, tests=tests)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_only_whole_and_undamaged_requests_are_answered(
    tmp_path: Path, shape: tuple[int, int, int]
) -> None:
    outcomes = run(tmp_path, shape, {})
    assert [outcome for outcome in outcomes if not outcome.passed] == []
    assert len(outcomes) == N_TESTS


UART, RX = "lutgen_uart.v", "lutgen_uart_rx.v"
FAULTS = {
    "no checksum": (UART, "if (crc != RESIDUE)", "if (0)", {"bit_errors"}),
    "no timeout": (UART, "else if (is_quiet && !byte_valid)", "else if (0)", {"broken_off"}),
    "lengths unchecked": (UART, "length != expected_length", "0", {"wrong_lengths"}),
    "stray bytes skipped": (UART, "data == REQUEST ? HEADER : DRAIN",
                            "data == REQUEST ? HEADER : IDLE", {"stray_bytes"}),
    "sampled at the edge": (RX, "count  <= HALF;", "count  <= WHOLE;",
                            {"host_two_percent_fast", "host_two_percent_slow"}),
    "no stop bit needed": (RX, "byte_valid <= line;", "byte_valid <= 1;", {"missing_stop_bits"}),
    "a wrong bit in the upper half of a value": (UART, "next_answer <= {reply_value,",
        "next_answer <= {reply_value ^ (32'd1 << 31),", {"requests_back_to_back", "identity",
                                                         "self_test"}),
    "only the lower half of an answer": (UART, "assign core_word = core_y;",
        "assign core_word = {16'd0, core_y[15:0]};", {"requests_back_to_back", "self_test"}),
    "a wrong bit in the checksum of an answer": (UART, "answer <= {16'd0, ~sum};",
        "answer <= {16'd0, ~sum ^ 32'd1};", {"requests_back_to_back", "identity"}),
    "a checksum of the first 32 bits": (UART, "if (place == 6'd47) begin",
        "if (place == 6'd31) begin", {"requests_back_to_back", "identity"}),
    "lost answers untold": (UART, "if (waiting && sending != READY)", "if (0)",
                            {"answers_that_had_to_wait"}),
    "an answer of the sample before": (UART, "assign core_x = sample[N_INPUTS-1:0];",
        "reg [N_INPUTS-1:0] old; always @(posedge clk) if (reply) old <= sample[N_INPUTS-1:0]; "
        "assign core_x = old;", {"requests_back_to_back", "self_test"}),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_planted_faults_are_seen(tmp_path: Path, fault: tuple[str, str, str, set[str]]) -> None:
    name, right, wrong, seen_by = fault
    text = faulty(asset(f"hdl/{name}"), right, wrong)
    shape = SHAPES["no padding, combinational, 32 bits" if "core_word" in wrong else "padding"]
    outcomes = run(tmp_path, shape, {name: text}, sorted(seen_by))
    assert {outcome.name for outcome in outcomes if not outcome.passed} == seen_by


@pytest.mark.parametrize("shape", [*SHAPES.values(), (784, 4, 5), (1, 31, 1)])
def test_the_shell_is_lint_clean(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    core, text = fold_core(*shape)
    top, body = tmp_path / f"{UART_MODULE}.v", tmp_path / f"{core.module}.v"
    top.write_text(uart_top(core, identity=identity(core), clks_per_bit=104, timeout_clks=120_000))
    body.write_text(text)
    assert lint([top, body, *uart_sources()], top=UART_MODULE) == []


def test_what_the_protocol_cannot_carry_is_refused() -> None:
    def top(n_inputs: int = 8, width: int = 1, answer: str = NUMBER, latency: int = 0,
            clks_per_bit: int = 8, timeout_clks: int = 1000) -> str:  # fmt: skip
        core = CorePorts("core", n_inputs, width, latency, has_clock=latency > 0)
        who = replace(identity(core), answer=answer)
        return uart_top(core, identity=who, clks_per_bit=clks_per_bit, timeout_clks=timeout_clks)

    assert "lutgen_uart" in top()
    for options, message in [
        ({"n_inputs": 600_000}, "at most 524,280 input bits, not 600,000"),
        (
            {"width": 33, "answer": BITS},
            r"carries 32 bits, not 33 \(bits\); answer fewer bits, or "
            "take the AXI4-Stream shell",
        ),
        (
            {"width": 40, "answer": SCORES},
            r"not 40 \(scores\); answer fewer scores or give smaller",
        ),
        ({"clks_per_bit": 3}, "at least 4 clock cycles, not 3; choose a lower baud rate"),
        ({"latency": 90}, "a core of 90 cycles takes longer than a byte"),
        ({"timeout_clks": 100}, "timeout of 100 clock cycles is shorter than two bytes"),
    ]:
        with pytest.raises(ConfigError, match=message):
            top(**options)
