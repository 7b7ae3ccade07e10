"""Commands that make hardware of a model and check it: verilog, simulate, report."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from lutgen.bits import Bits
from lutgen.cli import output
from lutgen.cli.core import (
    DEFAULT_OUT,
    DEFAULTS,
    CoreOptions,
    Out,
    Target,
    core_files,
    core_options,
    print_core,
    write_core,
)
from lutgen.cli.options import (
    DataDir,
    LabelColumn,
    ModelFile,
    NoDownload,
    SplitSeed,
    Task,
    TestFraction,
    samples_for,
)
from lutgen.cli.synthesis import parse_modes, run_synthesis
from lutgen.core import Core
from lutgen.files import read_json, write_files, write_json
from lutgen.flow.simulate import SIMULATORS
from lutgen.flow.yosys import SynthResult
from lutgen.model import LutNetwork, Source
from lutgen.report.board import BUILD_FILE, read_build
from lutgen.report.parse import SIMULATION_FILE, read_report
from lutgen.report.render_board import render_build_html, render_build_text
from lutgen.report.render_html import render_html
from lutgen.report.render_text import render_text
from lutgen.report.values import to_json
from lutgen.verify.compare import (
    Check,
    check_netlist,
    check_rtl,
    check_synthesised,
    require_equal,
)


@core_options
def verilog(
    model: ModelFile,
    out: Out = DEFAULT_OUT,
    target: Target = "generic",
    options: CoreOptions = DEFAULTS,
    json: output.Json = False,
) -> None:
    """Write a model as Verilog."""
    network = LutNetwork.load(model)
    core, record = write_core(network, out, target, options)
    if json:
        output.print_json({"files": core_files(core, out), **record})
        return
    print_core(core)
    for path in core_files(core, out):
        output.print_text(f"written: {path}")


@core_options
def simulate(
    model: ModelFile,
    out: Out = DEFAULT_OUT,
    target: Target = "generic",
    options: CoreOptions = DEFAULTS,
    simulator: Annotated[str, typer.Option(help=f"One of {', '.join(SIMULATORS)}.")] = "verilator",
    post_synthesis: Annotated[
        str,
        typer.Option(help="Simulate what Yosys leaves, too: direct, optimised or both; or none."),
    ] = "none",
    samples: Annotated[int, typer.Option(min=0, help="Use the first N samples; 0: all.")] = 0,
    data: Annotated[
        str | None, typer.Option(help="Data set; default: the one it was trained on.")
    ] = None,
    task: Task = None,
    part: Annotated[str, typer.Option(help="test, train or all.")] = "test",
    data_dir: DataDir = None,
    label: LabelColumn = None,
    test_fraction: TestFraction = 0.2,
    split_seed: SplitSeed = 0,
    no_download: NoDownload = False,
    json: output.Json = False,
) -> None:
    """Stream samples through the hardware and compare each output with the model, bit for bit."""
    network = LutNetwork.load(model)
    modes = parse_modes(post_synthesis, none=True)
    given = None if data is None else Source(data, task, label, test_fraction, split_seed)
    name, X, _ = samples_for(network, given, part, data_dir, download=not no_download)
    core, _ = write_core(network, out, target, options)
    bits = core.interface.samples(X[: samples or None])
    synthesis = [run_synthesis(core, mode, out) for mode in modes]
    unit = "samples" if part == "all" else f"{part} samples"
    checks = run_checks(core, bits, out, synthesis, simulator, unit=unit, quiet=json)
    record = simulation_record(network, f"{name}, {part}", unit, checks)
    write_json(out / SIMULATION_FILE, record)
    if json:
        output.print_json(record)
    require_equal(checks)


def run_checks(
    core: Core,
    bits: Bits,
    out: Path,
    synthesis: list[SynthResult],
    simulator: str = "verilator",
    *,
    unit: str,
    quiet: bool = False,
) -> list[Check]:
    """Compare every form of the network with the model and print each result as it comes."""
    checks: list[Check] = []

    def done(check: Check) -> None:
        checks.append(check)
        if not quiet:
            output.print_text(describe_check(check, unit))

    with output.working("evaluating the netlist"):
        done(check_netlist(core.interface, core.netlist, bits))
    with output.working(f"simulating {core.module}.v"):
        done(check_rtl(core, bits, out, simulator=simulator))
    for result in synthesis:
        folder = out / "synth"
        with output.working(f"simulating the netlist after synthesis ({result.mode})"):
            done(
                check_synthesised(
                    core,
                    bits,
                    result,
                    folder,
                    folder / result.mode,
                    simulator=simulator,
                )
            )
    return checks


def describe_check(check: Check, unit: str) -> str:
    """Return a line for people: N / N equal, by what tool, in what time."""
    line = str(check)
    if check.passed:
        line = f"{check.name}: {check.n_equal} / {check.n_samples} {unit} equal"
    if check.tool:
        times = f"build {check.build_seconds:.1f} s, run {check.run_seconds:.1f} s"
        line += f"  ({check.tool}; {times})"
    return f"model = {line}"


def simulation_record(
    network: LutNetwork, samples: str, unit: str, checks: list[Check]
) -> dict[str, Any]:
    """Return the comparisons as JSON holds them."""
    return {
        "digest": network.digest,
        "samples": samples,
        "unit": unit,
        "checks": [{**asdict(check), "passed": check.passed} for check in checks],
    }


def report(
    folder: Annotated[Path, typer.Argument(help="Output folder of the commands before.")],
    json: output.Json = False,
) -> None:
    """Make a report of an output folder, or of a build: text, JSON and one HTML page."""
    is_build = (folder / BUILD_FILE).is_file()
    text, record = write_build_report(folder) if is_build else write_report(folder)
    if json:
        output.print_json(record)
    else:
        output.print_text(text)
        written = "report.txt, report.html" if is_build else "report.txt, report.json, report.html"
        output.print_text(f"written: {folder}/{written}")


def write_report(folder: Path) -> tuple[str, dict[str, Any]]:
    """Write the report of an output folder in its three forms; return text and record."""
    found = read_report(folder)
    text, record = render_text(found), to_json(found)
    write_files(folder, {"report.txt": text, "report.html": render_html(found)})
    write_json(folder / "report.json", record)
    return text, record


def write_build_report(folder: Path) -> tuple[str, dict[str, Any]]:
    """Write the report of a board's build as text and HTML; return text and record."""
    found = read_build(folder)
    text = render_build_text(found)
    write_files(folder, {"report.txt": text, "report.html": render_build_html(found)})
    record: dict[str, Any] = read_json(folder / BUILD_FILE)
    return text, record
