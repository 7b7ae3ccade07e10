"""Commands that make hardware of a model and check it: verilog, simulate, synth, report."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from lutgen.cli import output
from lutgen.cli.options import (
    DataDir,
    LabelColumn,
    ModelFile,
    NoDownload,
    Source,
    SplitSeed,
    Task,
    TestFraction,
    parse_frequency_mhz,
    samples_for,
)
from lutgen.cli.records import core_record
from lutgen.data.bits import Bits
from lutgen.emit.blif import emit_blif
from lutgen.emit.core import Core, build_core
from lutgen.errors import ConfigError
from lutgen.files import write_files, write_json
from lutgen.flow.simulate import SIMULATORS
from lutgen.flow.yosys import DIRECT, MODES, SynthResult, synthesise
from lutgen.model import LutNetwork
from lutgen.netlist.stats import count_cells
from lutgen.report.parse import CORE_FILE, SIMULATION_FILE, read_report
from lutgen.report.render_html import render_html
from lutgen.report.render_text import render_text
from lutgen.report.values import to_json
from lutgen.target.registry import FAMILIES, get_family
from lutgen.verify.compare import (
    Check,
    check_netlist,
    check_rtl,
    check_synthesised,
    require_equal,
)

Out = Annotated[Path, typer.Option("-o", "--output", help="Folder for what is written.")]
Target = Annotated[str, typer.Option(help=f"Chip family: {', '.join(FAMILIES)}.")]
Pipeline = Annotated[
    int, typer.Option(help="Registers after every N levels of LUTs; 0: purely combinational.")
]
FmaxTarget = Annotated[
    str,
    typer.Option(
        help="Registers as the delay model of the chip asks for to reach a clock, e.g. 200MHz; "
        "instead of --pipeline."
    ),
]
Grade = Annotated[
    str, typer.Option(help="Speed grade or device that --fmax-target is for, e.g. up or hx8k.")
]
Module = Annotated[str, typer.Option(help="Name of the Verilog module.")]
Mode = Annotated[
    str, typer.Option(help="direct: our primitives as they are; optimised: Yosys decides; both.")
]

DEFAULT_OUT = Path("build")
DEFAULT_MODULE = "lutgen_core"


def verilog(
    model: ModelFile,
    out: Out = DEFAULT_OUT,
    target: Target = "generic",
    pipeline: Pipeline = 0,
    fmax_target: FmaxTarget = "",
    grade: Grade = "",
    module: Module = DEFAULT_MODULE,
    json: output.Json = False,
) -> None:
    """Write a model as Verilog."""
    network = LutNetwork.load(model)
    core, record = write_core(
        network,
        out,
        target=target,
        pipeline=pipeline,
        fmax_target_mhz=parse_frequency_mhz(fmax_target),
        grade=grade,
        module=module,
    )
    if json:
        output.print_json({"files": core_files(core, out), **record})
        return
    print_core(core)
    for path in core_files(core, out):
        output.print_text(f"written: {path}")


def write_core(
    network: LutNetwork, out: Path, *, module: str, **options: Any
) -> tuple[Core, dict[str, Any]]:
    """Make the hardware and write it with its record into an output folder.

    The options are those of :func:`lutgen.emit.core.build_core`.
    """
    core = build_core(network, module=module, **options)
    record = core_record(network, core)
    write_files(out, {f"{module}.v": core.verilog})
    write_json(out / CORE_FILE, record)
    return core, record


def core_files(core: Core, out: Path) -> list[str]:
    """Return the files that :func:`write_core` wrote."""
    return [str(out / f"{core.module}.v"), str(out / CORE_FILE)]


def print_core(core: Core) -> None:
    """Print what the passes did and what the netlist is made of."""
    table = output.table("Passes over the netlist", "pass", "LUTs before", "LUTs after", "changes")
    for stats in core.passes:
        table.add_row(stats.name, str(stats.luts_before), str(stats.luts_after), str(stats.changes))
    output.print_table(table)
    cells = count_cells(core.netlist).items()
    primitives = ", ".join(f"{count:,} {name}" for name, count in cells)
    output.print_text(f"netlist ({get_family(core.target).title}): {primitives}")
    output.print_text(
        f"depth {core.netlist.depth} LUTs between registers, latency {core.netlist.latency} cycles"
    )
    if core.timing:
        output.print_text(f"Fmax {core.timing}")


def simulate(
    model: ModelFile,
    out: Out = DEFAULT_OUT,
    target: Target = "generic",
    pipeline: Pipeline = 0,
    fmax_target: FmaxTarget = "",
    grade: Grade = "",
    module: Module = DEFAULT_MODULE,
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
    bits = network.encoder.encode(X[: samples or None])
    core, _ = write_core(
        network,
        out,
        target=target,
        pipeline=pipeline,
        fmax_target_mhz=parse_frequency_mhz(fmax_target),
        grade=grade,
        module=module,
    )
    synthesis = [run_synthesis(core, mode, out) for mode in modes]
    unit = "samples" if part == "all" else f"{part} samples"
    checks = run_checks(network, core, bits, out, synthesis, simulator, unit=unit, quiet=json)
    record = simulation_record(network, f"{name}, {part}", unit, checks)
    write_json(out / SIMULATION_FILE, record)
    if json:
        output.print_json(record)
    require_equal(checks)


def parse_modes(text: str, *, none: bool = False) -> tuple[str, ...]:
    """Return the synthesis modes that an option names.

    Raises
    ------
    ConfigError
        If it names none that exists.
    """
    choices = {mode: (mode,) for mode in MODES} | {"both": MODES} | ({"none": ()} if none else {})
    if text not in choices:
        raise ConfigError(f"the mode must be one of {', '.join(choices)}; got {text!r}")
    return choices[text]


def run_checks(
    network: LutNetwork,
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
        done(check_netlist(network, core.netlist, bits))
    with output.working(f"simulating {core.module}.v"):
        done(check_rtl(network, core, bits, out, simulator=simulator))
    for result in synthesis:
        folder = out / "synth"
        with output.working(f"simulating the netlist after synthesis ({result.mode})"):
            done(
                check_synthesised(
                    network,
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


def synth(
    model: ModelFile,
    out: Out = DEFAULT_OUT,
    target: Target = "ice40",
    pipeline: Pipeline = 0,
    fmax_target: FmaxTarget = "",
    grade: Grade = "",
    module: Module = DEFAULT_MODULE,
    mode: Mode = "both",
    json: output.Json = False,
) -> None:
    """Synthesise with Yosys and count what it takes, against the size of the chips."""
    network = LutNetwork.load(model)
    modes = parse_modes(mode)
    core, _ = write_core(
        network,
        out,
        target=target,
        pipeline=pipeline,
        fmax_target_mhz=parse_frequency_mhz(fmax_target),
        grade=grade,
        module=module,
    )
    results = [run_synthesis(core, item, out) for item in modes]
    if json:
        output.print_json({"digest": network.digest, "synthesis": [asdict(r) for r in results]})
    else:
        print_synthesis(results)


def run_synthesis(core: Core, mode: str, out: Path) -> SynthResult:
    """Synthesise a core: the mapped netlist as it is, or its k-LUTs for Yosys to map."""
    with output.working(f"Yosys ({mode})"):
        return synthesise(
            core.verilog if mode == DIRECT else emit_blif(core.logic, model=core.module),
            language="verilog" if mode == DIRECT else "blif",
            top=core.module,
            target=core.target,
            mode=mode,
            out_dir=out / "synth",
            digest=core.digest,
        )


def print_synthesis(results: list[SynthResult]) -> None:
    """Print LUTs, registers, levels and the share of each device, one column a mode."""
    tool = results[0].tool
    table = output.table(f"Synthesis ({tool})", "", *(result.mode for result in results))
    rows = {"LUTs": "n_luts", "registers": "n_registers", "levels of LUTs": "levels"}
    for title, name in rows.items():
        table.add_row(title, *(str(getattr(result, name)) for result in results))
    for device in get_family(results[0].target).devices.values():
        shares = [
            f"{result.n_luts:,} / {device.luts:,} = {100 * result.n_luts / device.luts:.1f} %"
            + ("" if result.n_luts <= device.luts else " too many")
            for result in results
        ]
        table.add_row(f"LUTs of {device.name}", *shares)
    output.print_table(table)


def report(
    folder: Annotated[Path, typer.Argument(help="Output folder of the commands before.")],
    json: output.Json = False,
) -> None:
    """Make a report of an output folder: text, JSON and one self-contained HTML page."""
    text, record = write_report(folder)
    if json:
        output.print_json(record)
    else:
        output.print_text(text)
        output.print_text(f"written: {folder}/report.txt, report.json, report.html")


def write_report(folder: Path) -> tuple[str, dict[str, Any]]:
    """Write the report of an output folder in its three forms; return text and record."""
    found = read_report(folder)
    text, record = render_text(found), to_json(found)
    write_files(folder, {"report.txt": text, "report.html": render_html(found)})
    write_json(folder / "report.json", record)
    return text, record
