"""What a report shows, as plain values: the model, its hardware, comparisons and synthesis."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

MODES = ("direct", "optimised")


@dataclass(frozen=True)
class LayerAccuracy:
    """Training accuracy of the LUTs of one layer; layer 0 is the input bits."""

    layer: int
    n_luts: int
    mean: float
    std: float
    min: float
    max: float


@dataclass(frozen=True)
class Training:
    """How the model came to be; what the model's file does not tell is "" or None."""

    data: str
    task: str
    k: int | None
    widths: tuple[int, ...]
    wiring: str
    fill: str
    seed: int | None
    n_samples: int | None
    train_accuracy: float | None
    test_accuracy: float | None
    layers: tuple[LayerAccuracy, ...]


@dataclass(frozen=True)
class Care:
    """How much of the truth tables the training samples determined."""

    entries: int
    seen: int
    tied: int


@dataclass(frozen=True)
class Model:
    """The network of LUTs."""

    digest: str
    n_inputs: int
    n_luts: int
    n_layers: int
    n_cone: int
    fan_in: tuple[int, ...]
    classes: tuple[str, ...]
    encoder: str
    head: str
    care: Care | None
    training: Training


@dataclass(frozen=True)
class LayerCells:
    """The cells that one layer became.

    Parameters
    ----------
    part : {"encoder", "core", "head"}
        Layers are numbered in the core, which is the trained LUTs.
    levels : int
        LUTs on the longest path inside the layer.
    cells : dict of str to int
        Number of cells by what realises them.
    """

    part: str
    layer: int
    n_luts: int
    n_registers: int
    levels: int
    cells: dict[str, int]


@dataclass(frozen=True)
class Netlist:
    """The cells of a netlist.

    Parameters
    ----------
    n_inputs_read : int
        Inputs that a cell or an output reads.
    depth : int
        Most LUTs between two registers, or between inputs and outputs.
    cells : dict of str to int
        Number of cells by what realises them.
    """

    n_inputs: int
    n_inputs_read: int
    n_luts: int
    n_registers: int
    depth: int
    cells: dict[str, int]
    layers: tuple[LayerCells, ...]


@dataclass(frozen=True)
class Pass:
    """What one pass over the netlist changed."""

    name: str
    luts_before: int
    luts_after: int
    registers_before: int
    registers_after: int
    changes: int


@dataclass(frozen=True)
class Device:
    """A chip of the target's family and the number of LUTs in it."""

    name: str
    title: str
    n_luts: int
    source: str


@dataclass(frozen=True)
class Timing:
    """What was asked of the clock frequency, and what the delay model expects."""

    target_mhz: float
    estimated_mhz: float
    levels: int
    grade: str
    source: str


@dataclass(frozen=True)
class Core:
    """The model and the hardware that lutgen made from it.

    Parameters
    ----------
    timing : Timing or None
        None if no clock frequency was aimed at.
    logic : Netlist
        Before mapping: simplified k-LUTs, and registers.
    netlist : Netlist
        After mapping onto the target.
    n_luts_plain : int or None
        LUTs after mapping when no don't-care is used; None if nobody counted.
    """

    lutgen: str
    module: str
    target: str
    pipeline: int
    latency_cycles: int
    model: Model
    logic: Netlist
    netlist: Netlist
    passes: tuple[Pass, ...]
    devices: tuple[Device, ...]
    timing: Timing | None = None
    n_luts_plain: int | None = None


@dataclass(frozen=True)
class Check:
    """How many samples one form of the network answered as the model does.

    Parameters
    ----------
    name : str
        The form.
    unit : str
        What a sample is: ``test images`` …
    tool : str
        What computed the answers.
    difference : str
        The first sample that differs, and why; "" if none does.
    """

    name: str
    n_equal: int
    n_samples: int
    unit: str
    tool: str
    difference: str

    @property
    def passed(self) -> bool:
        """Whether there were samples and all were equal."""
        return 0 < self.n_samples == self.n_equal


@dataclass(frozen=True)
class Proof:
    """Whether two forms of the network were proved equal for every input.

    Parameters
    ----------
    name : str
        The two forms.
    n_outputs, n_proved, n_open : int
        Outputs, those proved equal, and those that could not be decided.
    n_points, n_points_proved : int
        LUTs that bear the same name in both forms, and those proved equal.
    difference : str
        What an input shows that tells the forms apart; "" if none was found.
    """

    name: str
    n_outputs: int
    n_proved: int
    n_open: int
    n_points: int
    n_points_proved: int
    difference: str

    @property
    def passed(self) -> bool:
        """Whether there were outputs and all were proved equal."""
        return 0 < self.n_outputs == self.n_proved


@dataclass(frozen=True)
class Synthesis:
    """What the synthesis tool counted in one mode."""

    mode: str
    tool: str
    command: str
    cells: dict[str, int]
    n_luts: int
    n_registers: int
    levels: int


@dataclass(frozen=True)
class LeftOut:
    """A file that takes no part in the report, and why, in words."""

    file: str
    reason: str


@dataclass(frozen=True)
class Report:
    """All that an output folder tells.

    Parameters
    ----------
    samples : str
        What the checks were made on, e.g. ``digits, test``; "" if the folder does not say.
    checks : tuple of Check
        Empty if nothing was compared.
    proofs : tuple of Proof
        Empty if nothing was proved.
    synthesis : tuple of Synthesis
        One a mode, `direct` first.
    left_out : tuple of LeftOut
        Files that are missing, or of another model or other hardware.
    """

    core: Core
    samples: str
    checks: tuple[Check, ...]
    proofs: tuple[Proof, ...]
    synthesis: tuple[Synthesis, ...]
    left_out: tuple[LeftOut, ...]


def to_json(report: Report) -> dict[str, Any]:
    """Return a report as plain JSON, with what follows from its numbers."""
    record = asdict(report)
    for check, item in zip(report.checks, record["checks"], strict=True):
        item["passed"] = check.passed
    for proof, item in zip(report.proofs, record["proofs"], strict=True):
        item["passed"] = proof.passed
    for result, item in zip(report.synthesis, record["synthesis"], strict=True):
        item["share"] = {
            device.name: result.n_luts / device.n_luts for device in report.core.devices
        }
    return record
