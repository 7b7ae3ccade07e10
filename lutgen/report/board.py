"""The report of a build: what the folder of a board's bitstream tells, in text and as a page.

In come ``build.json`` and, where place and route ran, ``placement.json``. The record itself is the
report's JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lutgen.errors import DataError
from lutgen.report.floorplan import Floorplan, LayerCells
from lutgen.report.parse import layer_accuracy
from lutgen.report.record import Record
from lutgen.report.values import Check, LayerAccuracy

BUILD_FILE = "build.json"
PLACEMENT_FILE = "placement.json"
PINS_FILE = "simulation.json"
PART_NAMES = ("encoder", "core", "head", "shell")
COUNTED = ("luts", "registers")


@dataclass(frozen=True)
class LearntAccuracy:
    """Accuracy of a boosted network when it had so many LUTs."""

    n_luts: int
    train: float
    validation: float | None


@dataclass(frozen=True)
class Seed:
    """A run of place and route."""

    number: int
    fmax_mhz: float
    seconds: float


@dataclass(frozen=True)
class Station:
    """A part of the critical path, and the time spent in its cells and on the wires to them."""

    name: str
    logic_ns: float
    routing_ns: float
    n_cells: int


@dataclass(frozen=True)
class Timing:
    """What place and route reached.

    Parameters
    ----------
    seeds : tuple of Seed
    best_seed : int
        Number of the one whose bitstream was kept.
    fmax_mhz : float
        Its Fmax.
    median_mhz : float
        Median over the seeds.
    advice : str
        What would meet the clock, if it was missed.
    """

    seeds: tuple[Seed, ...]
    best_seed: int
    fmax_mhz: float
    median_mhz: float
    advice: str
    path: str
    stations: tuple[Station, ...]


@dataclass(frozen=True)
class BuildReport:
    """All that the folder of a build tells.

    Parameters
    ----------
    parts : dict of str to dict of str to int
        LUTs, registers and hard multiplexers of each part.
    room : dict of str to int
        LUTs and registers that the chip has.
    places : dict of str to tuple of int
        Places that place and route filled, and those of the chip, by its name for them.
    timing, floorplan : None
        Where the vendor's tool is to place and route.
    checks : tuple of Check
        Simulations of the board, pins to pins, against the model.
    left : str
        The file that the board takes; or the vendor's project.
    left_bytes : int or None
        How large that file is; None for a project.
    """

    lutgen: str
    digest: str
    board: str
    chip: str
    tried: str
    tools: dict[str, str]
    data: str
    n_luts: int
    n_layers: int
    n_classes: int
    input: str
    levels: int
    test_accuracy: float | None
    layers: tuple[LayerAccuracy, ...]
    history: tuple[LearntAccuracy, ...]
    clock_mhz: float
    baud: float
    latency_cycles: int
    latency_ns: float
    samples_per_second: dict[str, int]
    parts: dict[str, dict[str, int]]
    room: dict[str, int]
    places: dict[str, tuple[int, int]]
    timing: Timing | None
    floorplan: Floorplan | None
    checks: tuple[Check, ...]
    left: str
    left_bytes: int | None
    sha256: str

    @property
    def used(self) -> dict[str, int]:
        """LUTs and registers of the whole design."""
        return {what: sum(part[what] for part in self.parts.values()) for what in COUNTED}


def read_build(folder: Path) -> BuildReport:
    """Read what the folder of a build tells.

    Raises
    ------
    DataError
        If there is no ``build.json``, or a file is damaged or foreign; the message names the file
        and the fields.
    """
    if not (folder / BUILD_FILE).is_file():
        raise DataError(
            f"{folder} has no {BUILD_FILE}; make one with: lutgen build MODEL --board BOARD"
        )
    record = Record.read(folder / BUILD_FILE)
    device, model = record.child("device"), record.child("model")
    stream = record.child("bitstream") if record.has("bitstream") else None
    report = BuildReport(
        lutgen=record.text("lutgen"),
        digest=record.text("digest"),
        board=record.child("board").text("title"),
        chip=device.text("title"),
        tried=record.child("board").text("tried", "no"),
        tools=record.texts_by_name("tools"),
        data=", ".join(filter(None, (model.text("data", ""), model.text("task", "")))),
        n_luts=model.count("n_luts"),
        n_layers=model.count("n_layers"),
        n_classes=model.count("n_classes"),
        input=model.text("input"),
        levels=model.count("levels"),
        test_accuracy=model.optional_fraction("test_accuracy"),
        layers=tuple(layer_accuracy(row) for row in model.children("layers")),
        history=tuple(_learnt_accuracy(row) for row in model.children("history")),
        clock_mhz=record.positive("clock_mhz"),
        baud=record.positive("baud"),
        latency_cycles=record.count("latency_cycles"),
        latency_ns=record.positive("latency_ns"),
        samples_per_second=record.counts("samples_per_second"),
        parts={
            name: {what: part.count(what) for what in (*COUNTED, "muxes")}
            for name, part in record.named_children("parts")
            if name in PART_NAMES
        },
        room={what: device.count(what) for what in COUNTED},
        places={
            name: (place.count("used"), place.count("room"))
            for name, place in record.named_children("places")
        },
        timing=_timing(record) if record.has("seeds") else None,
        floorplan=_floorplan(folder) if record.has("seeds") else None,
        checks=_checks(folder, record.text("digest")),
        left=stream.text("file") if stream else record.text("project"),
        left_bytes=stream.count("bytes") if stream else None,
        sha256=stream.text("sha256") if stream else "",
    )
    record.finish("build it anew with: lutgen build --rebuild")
    return report


def _learnt_accuracy(record: Record) -> LearntAccuracy:
    return LearntAccuracy(
        record.count("n_luts"),
        record.fraction("train_accuracy"),
        record.optional_fraction("validation_accuracy"),
    )


def _timing(record: Record) -> Timing:
    path, fmax = record.child("critical_path"), record.child("fmax_mhz")
    return Timing(
        seeds=tuple(
            Seed(row.count("seed"), row.positive("fmax_mhz"), row.positive("seconds"))
            for row in record.children("seeds")
        ),
        best_seed=record.count("best_seed"),
        fmax_mhz=fmax.positive("max"),
        median_mhz=fmax.positive("median"),
        advice=record.text("advice", ""),
        path=path.text("words"),
        stations=tuple(
            Station(
                row.text("name"),
                row.not_negative("logic_ns"),
                row.not_negative("routing_ns"),
                row.count("cells"),
            )
            for row in path.children("stations")
        ),
    )


def _checks(folder: Path, digest: str) -> tuple[Check, ...]:
    """Read the simulations, if there are any and they are of this model."""
    if not (folder / PINS_FILE).is_file():
        return ()
    record = Record.read(folder / PINS_FILE)
    checks = tuple(
        Check(
            name=row.text("name"),
            n_equal=row.count("n_equal"),
            n_samples=row.count("n_samples"),
            unit="samples",
            tool=row.text("tool"),
            difference=row.text("difference", ""),
        )
        for row in record.children("checks")
    )
    found = record.text("digest")
    record.finish("write it anew with: lutgen build --simulate 200")
    return checks if found == digest else ()


def _floorplan(folder: Path) -> Floorplan:
    record = Record.read(folder / PLACEMENT_FILE)
    plan = Floorplan(
        columns=record.count("columns"),
        rows=record.count("rows"),
        row_0_at_bottom=record.text("row_0") == "bottom",
        layers=tuple(
            LayerCells(row.text("part"), row.optional_count("layer"), row.pairs("cells"))
            for row in record.children("layers")
        ),
    )
    for row in record.children("layers"):
        if row.text("part", "") not in PART_NAMES:
            row.fault("part", f"must be one of {', '.join(PART_NAMES)}")
    if any(x >= plan.columns or y >= plan.rows for row in plan.layers for x, y in row.cells):
        record.fault("layers", f"has a cell outside of {plan.columns} x {plan.rows} tiles")
    record.finish("build it anew with: lutgen build --rebuild")
    return plan
