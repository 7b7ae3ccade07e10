"""Tables loaded over the serial line amid a stream: no answer of half-loaded ones counts."""

import json
from pathlib import Path

import numpy as np
import pytest
from reloading import core, models, network, numbers, other

from hdl import UART_PORTS, faulty
from lutgen.assets import asset
from lutgen.bits import Bits
from lutgen.board.shell import UART_MODULE, CorePorts, uart_sources, uart_top
from lutgen.emit.verilog import behavioural_verilog, core_verilog
from lutgen.flow.cocotb import Design, TestOutcome, build_bench
from lutgen.flow.lint import lint
from lutgen.host.identity import Identity
from lutgen.jobs.export import export
from lutgen.kit.answers import in_lanes
from lutgen.kit.design import AXILITE, WISHBONE, make_design

N_VECTORS = 20
CLKS_PER_BIT, TIMEOUT_CLKS = 8, 400


def run(
    folder: Path, chip: str, k: int | tuple[int, int] = 4, files: dict[str, str] | None = None
) -> tuple[TestOutcome, ...]:
    """Build the serial shell around a core and run the bench of reloading."""
    old = network(k)
    before, after = core(old, chip), core(other(old), chip)
    ports = CorePorts.of(before)
    top = uart_top(
        ports,
        identity=Identity.of(before.interface),
        clks_per_bit=CLKS_PER_BIT,
        timeout_clks=TIMEOUT_CLKS,
    )
    sources = {path.name: path.read_text() for path in uart_sources(ports)}
    sources |= {"core.v": core_verilog(before), "top.v": top} | (files or {})
    for name, content in sources.items():
        (folder / name).write_text(content)
    libraries, defines = models(chip)
    bench = build_bench(
        "bench_reload",
        Design(
            (*(folder / name for name in sources), *libraries),
            UART_MODULE,
            UART_PORTS,
            defines=defines,
        ),
        folder=folder / "bench",
    )
    rng = np.random.default_rng(3)
    x = rng.integers(0, 2, size=(N_VECTORS, ports.n_inputs), dtype=np.uint8)
    bits = Bits.from_dense(x)
    lines = {
        "inputs": numbers_of(x),
        "expected": numbers(before, bits),
        "after": numbers(after, bits),
    }
    for name, values in lines.items():
        (folder / f"{name}.mem").write_text("".join(f"{value:x}\n" for value in values))
    (folder / "before.bin").write_bytes(before.interface.image)
    (folder / "after.bin").write_bytes(after.interface.image)
    return bench.run(
        {
            "LUTGEN_CLKS_PER_BIT": str(CLKS_PER_BIT),
            "LUTGEN_TIMEOUT_CLKS": str(TIMEOUT_CLKS),
            "LUTGEN_WIDTH": str(ports.n_inputs),
            "LUTGEN_INPUTS": str(folder / "inputs.mem"),
            "LUTGEN_EXPECTED": str(folder / "expected.mem"),
            "LUTGEN_EXPECTED_AFTER": str(folder / "after.mem"),
            "LUTGEN_LOADED_FIRST": str(folder / "before.bin"),
            "LUTGEN_LOADED": str(folder / "after.bin"),
        }
    )


@pytest.mark.parametrize(
    ("chip", "k"),
    [("generic", (2, 5)), ("xilinx7", (4, 7)), ("ecp5", (3, 7)), ("gowin", 4)],
)
def test_a_reload_amid_a_stream_gives_no_wrong_answer(
    tmp_path: Path, chip: str, k: int | tuple[int, int]
) -> None:
    outcomes = run(tmp_path, chip, k)
    assert [outcome for outcome in outcomes if not outcome.passed] == []
    assert len(outcomes) == 3


UART, LOADER = "lutgen_uart.v", "lutgen_loader.v"
FAULTS = {
    "half-loaded tables answer": (UART, "asks_core && !tables_whole", "asks_core && 1'b0"),
    "one bit too few is shifted": (LOADER, "ALL[COUNT_BITS-1:0];", "ALL[COUNT_BITS-1:0] - 1'b1;"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_loading_is_seen(tmp_path: Path, fault: str) -> None:
    name, right, wrong = FAULTS[fault]
    text = faulty(asset(f"hdl/{name}"), right, wrong)
    assert any(not outcome.passed for outcome in run(tmp_path, "generic", files={name: text}))


@pytest.mark.parametrize("chip", ["generic", "ecp5"])
def test_the_shell_with_a_loader_is_clean(tmp_path: Path, chip: str) -> None:
    made = core(network((3, 7)), chip)
    ports = CorePorts.of(made)
    top, body = tmp_path / f"{UART_MODULE}.v", tmp_path / f"{made.module}.v"
    who = Identity.of(made.interface)
    top.write_text(uart_top(ports, identity=who, clks_per_bit=104, timeout_clks=120_000))
    table = behavioural_verilog(made)
    own, _, rest = table.partition("// loaded_table:")
    body.write_text(own)
    (tmp_path / "loaded_table.v").write_text("// loaded_table:" + rest)
    sources = [top, body, tmp_path / "loaded_table.v", *uart_sources(ports)]
    assert lint(sources, top=UART_MODULE) == []


def run_on_bus(
    folder: Path, chip: str, bus: str, fault: tuple[str, str] | None = None
) -> tuple[TestOutcome, ...]:
    """Export a kit of a core and run the bench of reloading on its hardware."""
    old = network(4)
    before, after = core(old, chip), core(other(old), chip)
    record = export(before, folder, shell=bus)
    design = make_design(before, bus)
    assert design.registers
    behaviour = list(folder.glob("sim/*.v"))
    sources = [path for path in sorted((folder / "rtl").glob("*.v"))
               if path.name not in {item.name for item in behaviour}]  # fmt: skip
    if fault:
        (path,) = (path for path in sources if fault[0] in path.read_text())
        path.write_text(faulty(path, *fault))
    bench = build_bench(
        "bench_reload_bus",
        Design((*sources, *behaviour), record.top, tuple(port.name for port in design.ports)),
        folder=folder / "bench",
        simulator="icarus",
    )
    lines = (folder / f"tb/{record.top}_inputs.mem").read_text().split()
    x = [[int(line, 16) >> i & 1 for i in range(before.netlist.n_inputs)] for line in lines]
    bits = Bits.from_dense(np.array(x, dtype=np.uint8))
    answers = in_lanes(after.interface.answers(bits), design.answer_parts)
    (folder / "after.mem").write_text(
        "".join(f"{value:x}\n" for value in numbers_of(answers.to_dense()))
    )
    (folder / "before.bin").write_bytes(before.interface.image)
    (folder / "after.bin").write_bytes(after.interface.image)
    offsets = {register.name: register.offset for register in design.registers.registers}
    counts = {
        "n_sample": design.registers["SAMPLE"].n_words,
        "n_answer": design.registers["ANSWER"].n_words,
    }
    return bench.run(
        {
            "LUTGEN_INPUTS": str(folder / f"tb/{record.top}_inputs.mem"),
            "LUTGEN_EXPECTED": str(folder / f"tb/{record.top}_expected.mem"),
            "LUTGEN_EXPECTED_AFTER": str(folder / "after.mem"),
            "LUTGEN_LOADED_FIRST": str(folder / "before.bin"),
            "LUTGEN_LOADED": str(folder / "after.bin"),
            "LUTGEN_LATENCY": str(before.netlist.latency),
            "LUTGEN_MAP": json.dumps(offsets | counts),
        }
    )


def numbers_of(dense: np.ndarray) -> list[int]:
    return [int("".join(map(str, row[::-1])), 2) for row in dense.tolist()]


@pytest.mark.parametrize(("chip", "bus"), [("generic", AXILITE), ("ecp5", WISHBONE)])
def test_a_reload_over_a_bus_gives_no_wrong_answer(tmp_path: Path, chip: str, bus: str) -> None:
    outcomes = run_on_bus(tmp_path, chip, bus)
    assert [outcome for outcome in outcomes if not outcome.passed] == []
    assert len(outcomes) == 3


@pytest.mark.parametrize(
    "fault",
    [
        ("write_data[0] && !can_start;", "1'b0;"),
        ("    end else if (load_start) begin\n      busy <= 1'b0;\n      done <= 1'b0;\n", ""),
        ("write_at == AT_TABLES && takes_word) begin", "write_at == AT_TABLES) begin"),
    ],
)
def test_a_fault_in_loading_over_a_bus_is_seen(tmp_path: Path, fault: tuple[str, str]) -> None:
    outcomes = run_on_bus(tmp_path, "generic", AXILITE, fault)
    assert any(not outcome.passed for outcome in outcomes)
