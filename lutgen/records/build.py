"""What a build leaves: ``build.json``, ``placement.json`` and the simulation of its pins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from lutgen.model.provenance import LayerAccuracy, LearntAccuracy
from lutgen.records.reading import (
    CompactRecord,
    Fraction,
    NotNegative,
    Positive,
    Problems,
    Record,
)

BUILD_FILE = "build.json"
PLACEMENT_FILE = "placement.json"
PINS_FILE = "simulation.json"
PARTS = ("encoder", "core", "head", "shell")


@dataclass(frozen=True, kw_only=True)
class BoardName:
    """A board, and whether a build for it has been tried on one."""

    name: str = ""
    title: str
    tried: str = "no"


@dataclass(frozen=True, kw_only=True)
class ChipRoom:
    """A chip, and what it has."""

    name: str = ""
    title: str
    luts: int
    registers: int


@dataclass(frozen=True)
class Used:
    """LUTs and registers of a design."""

    luts: int
    registers: int


@dataclass(frozen=True, kw_only=True)
class PartCount:
    """LUTs, registers and hard multiplexers of a part of a design."""

    luts: int
    registers: int
    muxes: int = 0


@dataclass(frozen=True)
class PlaceCount:
    """Places of one kind that are filled, and those that the chip has."""

    used: int
    room: int


@dataclass(frozen=True, kw_only=True)
class BuiltModel:
    """The model in a build, and what its training tells of its accuracy.

    Parameters
    ----------
    input : str
        What its port carries, in words.
    input_formats : tuple of str
        The number format of each feature; empty where encoded bits come in.
    levels : int
        LUTs between registers, at most.
    """

    data: str = ""
    task: str = ""
    n_luts: int
    n_layers: int
    n_classes: int
    input: str
    levels: int
    input_formats: tuple[str, ...] = ()
    test_accuracy: Fraction | None = None
    layers: tuple[LayerAccuracy, ...] = ()
    history: tuple[LearntAccuracy, ...] = ()


@dataclass(frozen=True)
class SeedRun:
    """A run of place and route."""

    seed: int
    fmax_mhz: Positive
    seconds: NotNegative


@dataclass(frozen=True)
class Spread:
    """A number over several runs."""

    min: Positive
    median: Positive
    max: Positive


@dataclass(frozen=True)
class PathStation:
    """A part of the critical path, and the time spent in its cells and on the wires to them."""

    name: str
    logic_ns: NotNegative
    routing_ns: NotNegative
    cells: int


@dataclass(frozen=True, kw_only=True)
class CriticalPath:
    """The slowest way from register to register.

    Parameters
    ----------
    words : str
    stations : tuple of PathStation
        What it belongs to, in order.
    steps : tuple of (str, float, str)
        Kind, delay in ns and cell, in order.
    """

    words: str
    stations: tuple[PathStation, ...] = ()
    steps: tuple[tuple[str, NotNegative, str], ...] = ()


@dataclass(frozen=True)
class Bitstream:
    """The file that the board takes."""

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class BuildSeconds:
    """How long a build took."""

    yosys: NotNegative
    all: NotNegative


@dataclass(frozen=True, kw_only=True)
class BuildRecord(Record):
    """A board's bitstream, or a project for the vendor's tool.

    Parameters
    ----------
    key : str
        Digest of all that the build depends on.
    digest, core_id : str
        Digests of the model, and of the function with its ports.
    baud : float
        Bits a second on the serial line.
    samples_per_second : dict of str to int
        Of the core, and over the serial port.
    parts : dict of str to PartCount
        Encoder, core, head and shell.
    places : dict of str to PlaceCount
        By the chip's names for them.
    seeds, best_seed, fmax_mhz, critical_path
        What place and route reached: over the seeds, and for the one whose bitstream is kept. Empty
        or None where the vendor's tool is to place and route; so are `bitstream` and `seconds`.
    advice : str
        What would meet the clock, if it was missed.
    project, constraints : str
        Files for the vendor's tool; "" where there is a bitstream.
    """

    MEND: ClassVar[str] = "build it anew with: lutgen build --rebuild"
    DERIVED: ClassVar = ("resources",)

    lutgen: str
    key: str = ""
    digest: str
    core_id: str = ""
    board: BoardName
    family: str = ""
    device: ChipRoom
    tools: dict[str, str] = field(default_factory=dict)
    model: BuiltModel
    clock_mhz: Positive
    baud: Positive
    latency_cycles: int
    latency_ns: Positive
    samples_per_second: dict[str, int] = field(default_factory=dict)
    parts: dict[str, PartCount] = field(default_factory=dict)
    places: dict[str, PlaceCount] = field(default_factory=dict)
    seeds: tuple[SeedRun, ...] = ()
    best_seed: int | None = None
    fmax_mhz: Spread | None = None
    meets_clock: bool = True
    advice: str = ""
    critical_path: CriticalPath | None = None
    bitstream: Bitstream | None = None
    seconds: BuildSeconds | None = None
    project: str = ""
    constraints: str = ""

    @property
    def resources(self) -> Used:
        """LUTs and registers of the whole design."""
        return Used(
            sum(part.luts for part in self.parts.values()),
            sum(part.registers for part in self.parts.values()),
        )

    def problems(self) -> Problems:
        """Yield what does not go together."""
        for name in self.parts:
            if name not in PARTS:
                yield f"parts.{name}", f"is none of {', '.join(PARTS)}"
        if not self.bitstream and not self.project:
            yield "bitstream", "is missing"
        if self.seeds:
            for name in ("best_seed", "fmax_mhz", "critical_path"):
                if getattr(self, name) is None:
                    yield name, "is missing, though there are seeds"


@dataclass(frozen=True, kw_only=True)
class PlacedLayer:
    """The placed cells of a layer.

    Parameters
    ----------
    layer : int or None
        Number of a layer of trained LUTs; None for the other parts.
    cells : tuple of (int, int)
        Column and row of the tile of each cell.
    """

    part: str
    layer: int | None = None
    cells: tuple[tuple[int, int], ...] = ()

    @property
    def name(self) -> str:
        """What people call it."""
        return self.part if self.layer is None else f"layer {self.layer}"

    def problems(self) -> Problems:
        """Yield what does not go together."""
        if self.part not in PARTS:
            yield "part", f"must be one of {', '.join(PARTS)}, found {self.part!r:.40}"


@dataclass(frozen=True, kw_only=True)
class PlacementRecord(CompactRecord):
    """Where the cells of a design are: a grid of tiles, row 0 at the bottom or at the top."""

    MEND: ClassVar[str] = "build it anew with: lutgen build --rebuild"

    columns: int
    rows: int
    row_0: Literal["bottom", "top"]
    layers: tuple[PlacedLayer, ...] = ()

    def problems(self) -> Problems:
        """Yield what does not go together."""
        if any(x >= self.columns or y >= self.rows for row in self.layers for x, y in row.cells):
            yield "layers", f"has a cell outside of {self.columns} x {self.rows} tiles"


@dataclass(frozen=True, kw_only=True)
class PinsCheck:
    """A form of a board's design, asked over its serial pins, compared with the model.

    Parameters
    ----------
    difference : str
        In words; "" if there is none.
    """

    name: str
    n_equal: int
    n_samples: int
    tool: str
    difference: str = ""

    @property
    def passed(self) -> bool:
        """Whether there were samples, and all answers are the model's."""
        return 0 < self.n_samples == self.n_equal and not self.difference


@dataclass(frozen=True, kw_only=True)
class PinsRecord(Record):
    """Simulations of a board, pins to pins.

    Parameters
    ----------
    key : str
        Digest of all that went into them.
    bits_changed, answers_changed : int
        Samples that have other encoder bits as codes than as they are, and another answer.
    """

    MEND: ClassVar[str] = "write it anew with: lutgen build --simulate 200"

    digest: str
    key: str = ""
    samples: str = ""
    bits_changed: int = 0
    answers_changed: int = 0
    checks: tuple[PinsCheck, ...] = ()
