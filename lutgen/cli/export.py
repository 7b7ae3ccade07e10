"""The command that exports a core as a kit for a user's own design."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from numpy.typing import NDArray

from lutgen.cli import output
from lutgen.cli.core import DEFAULTS, CoreOptions, core_options, print_input
from lutgen.cli.options import (
    ChipName,
    ModelFile,
    NSamples,
    Part,
    SourceOptions,
    option_group,
    parse_frequency_mhz,
)
from lutgen.core import make_core
from lutgen.errors import ConfigError, LutgenError
from lutgen.jobs.export import export as export_kit
from lutgen.kit.design import (
    DEFAULT_BEAT_WIDTH,
    DEFAULT_CLOCK_MHZ,
    LANGUAGES,
    MAX_BEAT_WIDTH,
    PLAIN,
    SHELLS,
    VERILOG,
)
from lutgen.kit.projects import TOOLS
from lutgen.model import LutNetwork
from lutgen.records.kit import KIT_FILE

N_SAMPLES = 100


@core_options
@option_group("source", SourceOptions)
def export(
    model: ModelFile,
    source: SourceOptions,
    kit: Annotated[Path, typer.Option("--kit", help="Folder for the kit.")] = Path("kit"),
    shell: Annotated[
        str,
        typer.Option(
            help="What is around the core: "
            + "; ".join(f"{name}: {title}" for name, title in SHELLS.items())
            + "."
        ),
    ] = PLAIN,
    language: Annotated[
        str, typer.Option(help=f"Language of your design: {' or '.join(LANGUAGES)}.")
    ] = VERILOG,
    chip: ChipName = "generic",
    options: CoreOptions = DEFAULTS,
    clock: Annotated[
        str,
        typer.Option(
            help="Clock of the constraints, e.g. 125MHz; default: --fmax-target, or "
            f"{DEFAULT_CLOCK_MHZ:g}MHz."
        ),
    ] = "",
    beat_width: Annotated[
        int,
        typer.Option(
            min=8,
            max=MAX_BEAT_WIDTH,
            help="Bits of a beat of the AXI4-Stream that comes in, whole bytes.",
        ),
    ] = DEFAULT_BEAT_WIDTH,
    project: Annotated[
        str,
        typer.Option(
            help="Have Edalize write a project for a vendor's tool, too: "
            + "; ".join(f"{name}: {', '.join(item.needed)}" for name, item in TOOLS.items())
            + " are what it has to know."
        ),
    ] = "",
    project_option: Annotated[
        list[str] | None,
        typer.Option(help="What Edalize has to know for it, e.g. part=xc7a35tcpg236-1."),
    ] = None,
    samples: NSamples = N_SAMPLES,
    part: Part = "auto",
    json: output.Json = False,
) -> None:
    """Export a core into your own design: shell, templates, test bench, constraints, README."""
    network = LutNetwork.load(model)
    core = make_core(network, options.config(chip))
    X, told = _test_samples(network, source, part, samples)
    record = export_kit(
        core,
        kit,
        shell=shell,
        language=language,
        X=X,
        samples=told,
        beat_width=beat_width,
        clock_mhz=parse_frequency_mhz(clock),
        project=project,
        project_options=_pairs(project_option or []),
    )
    if json:
        output.print_json(record.to_json())
        return
    print_input(core.interface, source.data_dir)
    output.print_text(
        f"{record.top}: core of {record.latency_cycles} cycle(s), {SHELLS[shell]}; "
        f"constraints for {record.clock_mhz:g} MHz; {record.n_vectors} vectors, {record.vectors}"
    )
    for name in (*record.files, KIT_FILE):
        output.print_text(f"written: {kit / name}")


def _pairs(texts: list[str]) -> dict[str, str]:
    """Return options that are written as name=value."""
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise ConfigError(f"--project-option {text!r}: write it as name=value")
        pairs[name] = value
    return pairs


def _test_samples(
    network: LutNetwork, source: SourceOptions, part: str, n_samples: int
) -> tuple[NDArray[Any] | None, str]:
    """Return samples for the test bench, and what they are; none where its data are not there."""
    try:
        chosen = source.samples(network, part)
    except LutgenError as error:
        if source.source is not None:
            raise
        output.remark(f"the test bench gets bits at random: {error}")
        return None, ""
    X = chosen.X[: n_samples or None]
    which = f"the first {len(X):,}" if len(X) < len(chosen.X) else f"all {len(X):,}"
    return X, f"{which} of {chosen.name}, {chosen.part}"
