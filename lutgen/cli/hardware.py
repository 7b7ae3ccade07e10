"""Commands that make hardware of a model and check it: verilog, simulate, report."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from lutgen.cli import output
from lutgen.cli.core import (
    DEFAULT_OUT,
    DEFAULTS,
    CoreOptions,
    Out,
    core_options,
    print_changes,
    print_core,
    with_folder,
)
from lutgen.cli.options import (
    ChipName,
    ModelFile,
    NSamples,
    Part,
    PostSynthesis,
    SourceOptions,
    option_group,
)
from lutgen.cli.synthesis import Timeout, parse_modes
from lutgen.errors import DataError
from lutgen.flow.simulate import SIMULATORS
from lutgen.jobs.beside import meanwhile
from lutgen.jobs.evaluate import score
from lutgen.jobs.hardware import core_files, write_core
from lutgen.jobs.report import write_report
from lutgen.jobs.samples import Chosen
from lutgen.jobs.simulate import simulate as simulate_core
from lutgen.jobs.synthesise import DEFAULT_TIMEOUT_SECONDS, synthesise
from lutgen.model import Bits, LutNetwork
from lutgen.records.checks import Check
from lutgen.verify.compare import require_equal

_log = logging.getLogger(__name__)


@core_options
@with_folder
def verilog(
    model: ModelFile,
    out: Out = DEFAULT_OUT,
    chip: ChipName = "generic",
    options: CoreOptions = DEFAULTS,
    json: output.Json = False,
) -> None:
    """Write a model as Verilog; the same as: emit --form verilog."""
    core, record = write_core(LutNetwork.load(model), options.config(chip), out)
    files = [str(path) for path in core_files(core, out)]
    if json:
        output.print_json({"files": files, **record.to_json()})
        return
    print_changes(core.interface, record.changes, record.changes_unknown)
    print_core(core)
    for path in files:
        output.print_text(f"written: {path}")


@core_options
@option_group("source", SourceOptions)
@with_folder
def simulate(
    model: ModelFile,
    source: SourceOptions,
    out: Out = DEFAULT_OUT,
    chip: ChipName = "generic",
    options: CoreOptions = DEFAULTS,
    simulator: Annotated[str, typer.Option(help=f"One of {', '.join(SIMULATORS)}.")] = "verilator",
    post_synthesis: PostSynthesis = "none",
    timeout: Timeout = DEFAULT_TIMEOUT_SECONDS,
    samples: NSamples = 0,
    part: Part = "auto",
    json: output.Json = False,
) -> None:
    """Stream samples through the hardware and compare each output with the model, bit for bit."""
    network = LutNetwork.load(model)
    modes = parse_modes(post_synthesis, none=True)
    chosen = source.samples(network, part)
    part = chosen.part
    core, written = write_core(network, options.config(chip), out, source.data_dir)
    if not json:
        print_changes(core.interface, written.changes, written.changes_unknown)
    unit = "samples" if part == "all" else f"{part} samples"
    scored = meanwhile(lambda: _score(network, chosen, out))
    record = simulate_core(
        core,
        chosen.X[: samples or None],
        folder=out,
        synthesis=[
            synthesise(core, mode, folder=out, timeout_seconds=timeout, progress=output.SHOWN)
            for mode in modes
        ],
        simulator=simulator,
        samples=f"{chosen.name}, {part}",
        unit=unit,
        done=None if json else lambda check: print_check(check, unit),
        progress=output.SHOWN,
    )
    if json:
        output.print_json(record.to_json())
    elif core.interface.formats:
        output.print_text(
            f"compared on codes; of the {unit}, {record.bits_changed:,} have other encoder bits as "
            f"codes than as they are, {record.answers_changed:,} another answer"
        )
    scored()
    require_equal(record.checks)


def _score(network: LutNetwork, chosen: Chosen, out: Path) -> None:
    """Leave the model's accuracy on the samples for the report, where their labels are its own."""
    if isinstance(network.head, Bits):
        return
    try:
        score(network, chosen, out)
    except DataError as error:
        _log.warning("accuracy is left out of the report: %s", error)


def print_check(check: Check, unit: str) -> None:
    """Print a line for people: N / N equal, by what tool, in what time."""
    line = str(check)
    if check.passed:
        line = f"{check.name}: {check.n_equal} / {check.n_samples} {unit} equal"
    if check.tool:
        times = f"build {check.build_seconds:.1f} s, run {check.run_seconds:.1f} s"
        line += f"  ({check.tool}; {times})"
    output.print_text(f"model = {line}")


def report(
    folder: Annotated[Path, typer.Argument(help="Output folder of the commands before.")],
    json: output.Json = False,
) -> None:
    """Make a report of an output folder, or of a build: text, JSON and one HTML page."""
    written = write_report(folder)
    if json:
        output.print_json(written.record)
        return
    output.print_text(written.text)
    names = ", ".join(path.name for path in written.files)
    output.print_text(f"written: {folder}/{names}")
