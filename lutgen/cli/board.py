"""The commands boards, build, fmax and host: from a model to a board, and talking to it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from numpy.typing import NDArray

from lutgen.board import boards as shelf
from lutgen.board.boards import Board, find_board, load_boards
from lutgen.board.fmax import chip_names, get_routable_chip, measure_fmax
from lutgen.chips.registry import get_family
from lutgen.cli import output
from lutgen.cli.core import DEFAULT_OUT, DEFAULTS, CoreOptions, Out, core_options
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
from lutgen.core import CoreConfig, Interface, make_core
from lutgen.errors import ConfigError, MismatchError
from lutgen.files import write_atomic
from lutgen.host.device import DEFAULT_TIMEOUT_SECONDS, Device, DeviceError
from lutgen.jobs.report import write_report
from lutgen.model import Argmax, LutNetwork, Source
from lutgen.records.build import PINS_FILE, BuildRecord, PinsCheck, PinsRecord, Spread
from lutgen.records.fmax import FMAX_FILE, ChipFmax, FmaxRecord
from lutgen.records.reading import to_json

if TYPE_CHECKING:
    from lutgen.board.simulate import BoardSimulation

REPORT = "report.html"
DEMO_BOARD = "icebreaker"

BoardName = Annotated[
    str, typer.Option(help="A board (lutgen boards), a TOML file of yours, or module:Class.")
]
Seeds = Annotated[
    int, typer.Option(min=1, max=1000, help="Place and route with N seeds; the best is kept.")
]
Timeout = Annotated[float, typer.Option(min=1, help="Seconds that a place and route may take.")]


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
def build(
    model: ModelFile,
    board: BoardName = DEMO_BOARD,
    out: Out = DEFAULT_OUT,
    options: CoreOptions = DEFAULTS,
    seeds: Seeds = 4,
    baud: Annotated[int, typer.Option(help="Bits a second; default: the board's own.")] = 0,
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
    data_dir: DataDir = None,
    no_download: NoDownload = False,
    json: output.Json = False,
) -> None:
    """Make a board's bitstream of a model: synthesis, place and route, timing, packing."""
    from lutgen.board.build import build_board  # noqa: PLC0415 - Amaranth is optional

    network = LutNetwork.load(model)
    if options.one_hot:
        raise ConfigError("a board answers class numbers over its line; leave --one-hot out")
    chosen = find_board(board)
    config = options.config(chosen.family)
    with output.working(f"building for {chosen.title}"):
        built = build_board(
            network,
            chosen,
            out,
            config,
            seeds=range(1, seeds + 1),
            baud=baud,
            timeout_seconds=timeout,
            rebuild=rebuild,
        )
    checks: tuple[PinsCheck, ...] = ()
    if simulate:
        name, X, _ = samples_for(network, None, "test", data_dir, download=not no_download)
        checks = simulate_pins(network, chosen, built.folder, X[:simulate], config, quiet=json)
        pins = PinsRecord(digest=network.digest, samples=f"{name}, test", checks=checks)
        pins.write(built.folder / PINS_FILE)
    if simulate or not built.was_cached or not (built.folder / REPORT).exists():
        write_report(built.folder)
    if json:
        record = {"folder": str(built.folder), "cached": built.was_cached, **built.record.to_json()}
        output.print_json({**record, "simulation": to_json(checks)} if simulate else record)
    else:
        print_build(built.record, built.folder, was_cached=built.was_cached)
    for check in checks:
        if not check.passed:
            raise MismatchError(f"{check.name} differs from the model: {check.difference}")
    if not built.meets_clock:
        raise MismatchError(f"{chosen.title}: {built.record.advice}")


def simulate_pins(
    network: LutNetwork,
    board: Board,
    built: Path,
    X: NDArray[Any],
    config: CoreConfig,
    *,
    quiet: bool = False,
) -> tuple[PinsCheck, ...]:
    """Send samples through the serial pins of the design, and of what place and route made of it.

    The latter where there are models of what the router writes. Each result is printed as it comes.
    """
    from lutgen.board import routed, simulate  # noqa: PLC0415 - Amaranth is optional

    def design(folder: Path) -> BoardSimulation:
        return simulate.build_board_simulation(network, board, folder, config)

    def after_routing(folder: Path) -> BoardSimulation:
        interface = Interface.of(network, config)
        return routed.build_routed_simulation(interface, board, built, folder)

    forms = {"board design": design}
    if get_family(board.family).routed:
        forms["netlist after place and route"] = after_routing
    checks = []
    for form, build_simulation in forms.items():
        with output.working(f"simulating the {form}, pins to pins"):
            simulation = build_simulation(built / "simulation" / form.split()[0])
            result = simulate.run_board_simulation(simulation, X)
        checks.append(
            PinsCheck(
                name=f"{form}, pins to pins",
                n_equal=result.n_equal,
                n_samples=result.n_samples,
                tool=str(simulation.bench.tool),
                difference=result.message,
            )
        )
        if not quiet:
            output.print_text(
                f"model = {form}, pins to pins: {result.n_equal} / {result.n_samples} test samples "
                f"equal ({simulation.bench.tool})"
            )
    return tuple(checks)


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


def build_demo(
    network: LutNetwork, out: Path, config: CoreConfig, *, quiet: bool = False
) -> BuildRecord:
    """Build the demo's bitstream, for an iCEBreaker with one seed; return its record.

    The folder ``out/icebreaker`` gets it. Unless `quiet`, resources and timing are printed.

    Raises
    ------
    MismatchError
        If it does not fit, or misses the clock.
    """
    from lutgen.board.build import build_board  # noqa: PLC0415 - Amaranth is optional

    with output.working("building the bitstream"):
        built = build_board(network, find_board(DEMO_BOARD), out, config)
    write_report(built.folder)
    if not quiet:
        print_build(built.record, built.folder, was_cached=built.was_cached)
    if not built.meets_clock:
        raise MismatchError(built.record.advice)
    return built.record


@core_options
def fmax(
    model: ModelFile,
    target: Annotated[
        str, typer.Option(help="Chip: " + ", ".join(chip_names()) + "; several with commas.")
    ] = "ice40-up5k",
    out: Out = DEFAULT_OUT,
    options: CoreOptions = DEFAULTS,
    seeds: Seeds = 3,
    timeout: Timeout = 900.0,
    json: output.Json = False,
) -> None:
    """Measure the clock that the core alone reaches: registers around it, no pins in the way."""
    network = LutNetwork.load(model)
    found: list[ChipFmax] = []
    for chip in [get_routable_chip(name.strip()) for name in target.split(",")]:
        core = make_core(network, options.config(chip.family.name))
        with output.working(f"place and route on {chip.name}"):
            result = measure_fmax(
                core,
                chip,
                out / "fmax" / chip.name,
                seeds=range(1, seeds + 1),
                timeout_seconds=timeout,
            )
        low, median, high = result.mhz
        found.append(
            ChipFmax(
                chip=chip.name,
                tool=result.tool,
                pipeline=options.pipeline,
                latency_cycles=core.netlist.latency,
                levels=core.netlist.depth,
                used=dict(result.routed[0].used),
                seeds_routed=len(result.routed),
                seeds=result.n_seeds,
                fmax_mhz=Spread(min=round(low, 2), median=round(median, 2), max=round(high, 2)),
                seconds=tuple(routed.seconds for routed in result.routed),
                critical_path=result.critical_path,
            )
        )
    record = FmaxRecord(digest=network.digest, chips=tuple(found))
    record.write(out / "fmax" / FMAX_FILE)
    if json:
        output.print_json(record.to_json())
        return
    table = output.table(
        "Fmax of the core alone in MHz", "chip", "min", "median", "max", "seeds", "latency",
        "critical path",
    )  # fmt: skip
    for reached in found:
        mhz = reached.fmax_mhz
        table.add_row(
            reached.chip,
            *(f"{number:.1f}" for number in (mhz.min, mhz.median, mhz.max)),
            f"{reached.seeds_routed} of {reached.seeds}",
            str(reached.latency_cycles),
            reached.critical_path,
        )
    output.print_table(table)


def host(
    model: ModelFile,
    port: Annotated[str, typer.Option(help="Serial port, e.g. /dev/ttyUSB1 or COM3.")],
    data: Annotated[
        str | None, typer.Option(help="Data set; default: the one it was trained on.")
    ] = None,
    task: Task = None,
    part: Annotated[str, typer.Option(help="test, train or all.")] = "test",
    samples: Annotated[int, typer.Option(min=0, help="Send the first N samples; 0: all.")] = 0,
    baud: Annotated[int, typer.Option(min=300, help="Bits a second.")] = shelf.DEFAULT_BAUD,
    timeout: Annotated[
        float, typer.Option(min=0.01, help="Seconds to wait for an answer.")
    ] = DEFAULT_TIMEOUT_SECONDS,
    answers: Annotated[
        Path | None, typer.Option(help="Write the answers there, one a line.")
    ] = None,
    data_dir: DataDir = None,
    label: LabelColumn = None,
    test_fraction: TestFraction = 0.2,
    split_seed: SplitSeed = 0,
    no_download: NoDownload = False,
    json: output.Json = False,
) -> None:
    """Ask a board at a serial port for its answers to samples, and compare with the model."""
    network = LutNetwork.load(model)
    given = None if data is None else Source(data, task, label, test_fraction, split_seed)
    name, X, y = samples_for(network, given, part, data_dir, download=not no_download)
    X, y = (X[:samples], y[:samples]) if samples else (X, y)
    with Device(port, network, baud=baud, timeout_seconds=timeout) as device:
        tested = device.self_test()
        start = time.monotonic()
        try:
            with output.counting("asking the board", "samples") as progress:
                found = device.predict(X, progress)
        except DeviceError as error:
            _keep(device.interface.meant(error.answered), answers)
            raise DeviceError(
                f"{error}; {len(error.answered):,} of {len(X):,} samples were answered"
                + (f" and are in {answers}" if answers else ""),
                error.answered,
            ) from error
        seconds = time.monotonic() - start
    _keep(found, answers)
    expected = network.predict(X)
    n_equal = int((found == expected).reshape(len(X), found[:1].size or 1).all(axis=1).sum())
    accuracy = float((found == y).mean()) if len(X) and isinstance(network.head, Argmax) else None
    record = {
        "port": port,
        "digest": network.digest,
        "samples": f"{name}, {part}",
        "n_samples": len(X),
        "n_equal": n_equal,
        "accuracy": accuracy,
        "seconds": round(seconds, 3),
        "samples_per_second": round(len(X) / max(seconds, 1e-9)),
        "retries": device.n_retries,
        "self_test_passed": tested,
    }
    if json:
        output.print_json(record)
    else:
        output.print_text(
            f"{n_equal:,} of {len(X):,} answers equal to the model ({record['samples']}); "
            f"{record['samples_per_second']:,} samples a second, {device.n_retries} sent again; "
            + ("" if accuracy is None else f"accuracy {accuracy:.4f}; ")
            + f"self-test {'passed' if tested else 'FAILED'}"
        )
    if n_equal < len(X) or not tested:
        raise MismatchError(
            f"the board differs from the model in {len(X) - n_equal:,} of {len(X):,} answers"
            + ("" if tested else ", and its self-test failed")
        )


def _keep(answers: NDArray[Any], path: Path | None) -> None:
    """Write answers, one a line; scores and bits of one sample with commas between."""
    if path is not None:
        rows = ([row] if answers.ndim == 1 else row for row in answers.tolist())
        write_atomic(path, "".join(",".join(map(str, row)) + "\n" for row in rows))
