"""The commands boards, build, fmax and host: from a model to a board, and talking to it."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from lutgen.board.boards import Board, find_board, load_boards
from lutgen.board.fmax import chip_names
from lutgen.cli import output
from lutgen.cli.core import (
    DEFAULT_OUT,
    DEFAULTS,
    CoreOptions,
    InputFormatText,
    Out,
    core_options,
    print_input,
    with_folder,
)
from lutgen.cli.options import (
    BOARD_HELP,
    CHIP_HELP,
    Baud,
    ModelFile,
    NSamples,
    Part,
    Seeds,
    SourceOptions,
    Timeout,
    option_group,
)
from lutgen.core import Interface
from lutgen.errors import ConfigError
from lutgen.host.device import DEFAULT_TIMEOUT_SECONDS
from lutgen.jobs import build as jobs_build
from lutgen.jobs.fmax import fmax as measure
from lutgen.jobs.formats import read_input_format
from lutgen.jobs.host import ask_board, simulated_board
from lutgen.jobs.predict import unlabelled_samples
from lutgen.jobs.report import write_report
from lutgen.model import LutNetwork
from lutgen.records.build import BuildRecord, PinsCheck
from lutgen.records.fmax import ChipFmax
from lutgen.records.reading import to_json

REPORT = "report.html"
DEMO_BOARD = "icebreaker"
SIMULATED_SECONDS = 60.0  # to wait for an answer of a simulated board: the simulator is slow


def boards(json: output.Json = False) -> None:
    """List the boards, their chips and serial ports."""
    found = load_boards()
    if json:
        output.print_json({"boards": [_board_record(board) for board in found]})
        return
    table = output.table(
        "Boards", "board", "name", "chip", "LUTs", "registers", "serial", "result", "tried", left=3
    )
    for board in found:
        table.add_row(
            board.name,
            board.title,
            board.chip.title,
            f"{board.chip.luts:,}",
            f"{board.chip.registers:,}",
            f"{board.baud:,} baud",
            "project for the vendor's tool" if board.is_vendor_project else "bitstream",
            board.tried_on_hardware,
        )
    output.print_table(table)
    for board in found:
        output.print_text(f"{board.name}: {board.notes}")


def _board_record(board: Board) -> dict[str, Any]:
    return {
        "name": board.name,
        "title": board.title,
        "platform": board.platform,
        "family": board.family,
        "device": board.device,
        "luts": board.chip.luts,
        "registers": board.chip.registers,
        "baud": board.baud,
        "vendor_project": board.is_vendor_project,
        "tried_on_hardware": board.tried_on_hardware,
        "notes": board.notes,
    }


@core_options
@option_group("source", SourceOptions)
@with_folder
def build(
    model: ModelFile,
    source: SourceOptions,
    board: Annotated[str, typer.Option(help=BOARD_HELP)] = DEMO_BOARD,
    out: Out = DEFAULT_OUT,
    options: CoreOptions = DEFAULTS,
    seeds: Seeds = 4,
    baud: Baud = 0,
    timeout: Timeout = 900.0,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Build even if nothing has changed.")
    ] = False,
    simulate: Annotated[
        int,
        typer.Option(
            min=0, help="Simulate the board, pins to pins, with the first N test samples."
        ),
    ] = 0,
    json: output.Json = False,
) -> None:
    """Make a board's bitstream of a model: synthesis, place and route, timing, packing."""
    network = LutNetwork.load(model)
    chosen = find_board(board)
    config = options.config(chosen.family)
    if not json:
        print_input(Interface.of(network, config), source.data_dir)
    samples = source.samples(network) if simulate else None
    built = jobs_build.build(
        network,
        chosen,
        out,
        config,
        seeds=range(1, seeds + 1),
        baud=baud,
        timeout_seconds=timeout,
        rebuild=rebuild,
        progress=output.SHOWN,
    )
    checks: tuple[PinsCheck, ...] = ()
    if samples is not None:
        pins = jobs_build.simulate_pins(
            network,
            chosen,
            built.folder,
            samples.X[:simulate],
            config,
            samples=f"{samples.name}, {samples.part}",
            again=rebuild,
            progress=output.SHOWN,
        )
        checks = pins.checks
    if simulate or not built.was_cached or not (built.folder / REPORT).exists():
        write_report(built.folder)
    if json:
        record = {"folder": str(built.folder), "cached": built.was_cached, **built.record.to_json()}
        output.print_json({**record, "simulation": to_json(checks)} if simulate else record)
    else:
        print_build(built.record, built.folder, was_cached=built.was_cached)
        for check in checks:
            output.print_text(
                f"model = {check.name}: {check.n_equal} / {check.n_samples} test samples equal "
                f"({check.tool})"
            )
        if samples is not None and pins.bits_changed:
            output.print_text(
                f"compared on codes; {pins.bits_changed:,} samples have other encoder bits as "
                f"codes than as they are, {pins.answers_changed:,} another answer"
            )
    if samples is not None:
        jobs_build.require_pins(pins)
    jobs_build.require_clock(built, chosen.title)


def print_build(record: BuildRecord, folder: Path, *, was_cached: bool) -> None:
    """Print what a build takes, reaches and left."""
    parts = record.parts
    title = f"{record.board.title}, {record.device.title}"
    table = output.table(title + (" (unchanged)" if was_cached else ""), "", *parts, "all", "chip")
    for what in ("luts", "registers"):
        used, room = getattr(record.resources, what), getattr(record.device, what)
        counts = [f"{getattr(part, what):,}" for part in parts.values()]
        share = f"{used:,} / {room:,} = {100 * used / room:.1f} %"
        name = "LUTs" if what == "luts" else what
        table.add_row(name, *counts, f"{used:,}", share)
    output.print_table(table)
    if (fmax := record.fmax_mhz) and record.critical_path:
        seeds = f"seed {record.best_seed}"
        if len(record.seeds) > 1:
            over = f"{fmax.min} / {fmax.median} / {fmax.max} (min / median / max)"
            seeds = f"the best of {len(record.seeds)} seeds, {over}"
        output.print_text(
            f"Fmax {fmax.max} MHz for a clock of {record.clock_mhz:g} MHz; {seeds}; "
            f"{record.tools['router']}"
        )
        output.print_text(f"critical path: {record.critical_path.words}")
    rate = record.samples_per_second
    output.print_text(
        f"latency {record.latency_cycles} cycles = {record.latency_ns} ns; samples a second: "
        f"{rate['core']:,} core, {rate['serial']:,} serial at {record.baud:,.0f} baud"
    )
    stream = record.bitstream
    left = stream.file if stream else record.project
    size = f", {stream.bytes:,} bytes" if stream else ""
    output.print_text(f"written: {folder / left}{size}; what it takes: {folder / REPORT}")


@core_options
@with_folder
def fmax(
    model: ModelFile,
    chip: Annotated[
        str,
        typer.Option(
            help=f"{CHIP_HELP} Here several with commas, of those that an open router knows: "
            + ", ".join(chip_names())
        ),
    ] = "",
    out: Out = DEFAULT_OUT,
    options: CoreOptions = DEFAULTS,
    seeds: Seeds = 3,
    timeout: Timeout = 900.0,
    json: output.Json = False,
) -> None:
    """Measure the clock that the core alone reaches: registers around it, no pins in the way."""
    if not chip:
        raise ConfigError(
            "name the chip, or several with commas: --chip ice40-hx8k; there are "
            + ", ".join(chip_names())
        )
    network = LutNetwork.load(model)
    if not json:
        print_input(Interface.of(network, options.config("generic")))
    record = measure(
        network,
        [name.strip() for name in chip.split(",")],
        out,
        options.config("generic"),
        seeds=range(1, seeds + 1),
        timeout_seconds=timeout,
        progress=output.SHOWN,
    )
    if json:
        output.print_json(record.to_json())
    else:
        _print_fmax(record.chips)


def _print_fmax(chips: tuple[ChipFmax, ...]) -> None:
    table = output.table(
        "Fmax of the core alone in MHz", "chip", "min", "median", "max", "seeds", "latency",
        "critical path",
    )  # fmt: skip
    for record in chips:
        table.add_row(
            record.chip,
            *(f"{mhz:.1f}" for mhz in vars(record.fmax_mhz).values()),
            f"{record.seeds_routed} of {record.seeds}",
            str(record.latency_cycles),
            record.critical_path,
        )
    output.print_table(table)


@option_group("source", SourceOptions)
def host(
    model: ModelFile,
    source: SourceOptions,
    port: Annotated[str, typer.Option(help="Serial port, e.g. /dev/ttyUSB1 or COM3.")] = "",
    simulated: Annotated[
        Path | None,
        typer.Option(
            help="Instead of a port: folder of a board's build, e.g. build/icebreaker; its board "
            "answers in simulation, pins to pins."
        ),
    ] = None,
    unlabelled: Annotated[
        Path | None,
        typer.Option(
            "-i",
            "--input",
            help="Samples: a file, read by what it holds; -: stdin. Columns are "
            "matched with the model's features by name.",
        ),
    ] = None,
    part: Part = "auto",
    samples: NSamples = 0,
    baud: Baud = 0,
    answer_timeout: Annotated[
        float, typer.Option(min=0.01, help="Seconds to wait for an answer.")
    ] = DEFAULT_TIMEOUT_SECONDS,
    load: Annotated[
        bool,
        typer.Option(
            "--load",
            help="Load the model's tables first, where the board was built with --reloadable and "
            "holds those of another model of the same structure.",
        ),
    ] = False,
    answers: Annotated[
        Path | None, typer.Option(help="Write the answers there, one a line.")
    ] = None,
    input_format: InputFormatText = "",
    build: Annotated[
        Path,
        typer.Option(
            help="Folder that the board was built in: its records tell formats of features that "
            "the board itself does not."
        ),
    ] = DEFAULT_OUT,
    json: output.Json = False,
) -> None:
    """Ask a board at a serial port for its answers to samples, and compare with the model."""
    if bool(port) == (simulated is not None):
        raise ConfigError("name the board: --port for one at a serial port, or --simulated BUILD")
    network = LutNetwork.load(model)
    if unlabelled is not None:
        if source.data is not None:
            raise ConfigError("--input and --data both name samples; give one of them")
        X, y, name = unlabelled_samples(network, unlabelled, source.table), None, str(unlabelled)
    else:
        chosen = source.samples(network, part)
        X, y, name = chosen.X, chosen.y, f"{chosen.name}, {chosen.part}"
    board = simulated_board(network, simulated, progress=output.SHOWN) if simulated else None
    with board or nullcontext(port) as opened:
        found = ask_board(
            network,
            opened,
            X[: samples or None],
            None if y is None else y[: samples or None],
            baud=baud,
            timeout_seconds=max(answer_timeout, SIMULATED_SECONDS * (board is not None)),
            load=load,
            answers=answers,
            input_format=read_input_format(input_format),
            build=simulated or build,
            progress=output.SHOWN,
        )
    if json:
        output.print_json({**found.to_json(), "samples": name, "simulated": board is not None})
    else:
        for line in found.answers if unlabelled is not None and answers is None else ():
            output.print_text(line)
        output.print_text(
            f"{found.n_equal:,} of {found.n_samples:,} answers equal to the model "
            f"({name}); {found.samples_per_second:,} samples a second"
            f"{' of the simulator' if board else ''}, "
            f"{found.retries} sent again; "
            + "the model's tables were loaded; " * found.was_loaded
            + (f"{found.n_rounded:,} answers are other ones as codes; " * bool(found.n_rounded))
            + ("" if found.accuracy is None else f"accuracy {found.accuracy:.4f}; ")
            + f"self-test {'passed' if found.self_test_passed else 'FAILED'}"
        )
    found.require_equal()
