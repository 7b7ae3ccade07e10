"""From the files of an output folder to one value that says all a report shows.

In come ``core.json`` (the model and its hardware), ``simulate.json`` (comparisons) and
``synth/<mode>/synth.json`` (what Yosys counted). Of these all but the first may be missing, and
results of another model or other hardware are left out.
"""

from __future__ import annotations

from pathlib import Path

from lutgen.errors import DataError
from lutgen.report.record import Record
from lutgen.report.values import (
    MODES,
    Care,
    Check,
    Core,
    Device,
    LayerAccuracy,
    LayerCells,
    LeftOut,
    Model,
    Netlist,
    Pass,
    Proof,
    Report,
    Synthesis,
    Timing,
    Training,
)

CORE_FILE = "core.json"
SIMULATION_FILE = "simulate.json"
PROOF_FILE = "proof.json"
SYNTHESIS_FILES = {mode: f"synth/{mode}/synth.json" for mode in MODES}

_TOLD_CHARACTERS = 24


def read_report(folder: Path) -> Report:
    """Read what an output folder tells.

    Raises
    ------
    DataError
        If there is no ``core.json``, or a file is damaged or foreign; the message names the file
        and the fields.
    """
    if not (folder / CORE_FILE).is_file():
        raise DataError(
            f"{folder} is not an output folder of lutgen: there is no {CORE_FILE}; "
            f"make one with: lutgen verilog MODEL -o {folder}"
        )
    core = _read_core(folder / CORE_FILE)
    left_out: list[LeftOut] = []
    samples, checks = "", tuple[Check, ...]()
    if record := _open(folder, SIMULATION_FILE, core, left_out):
        samples, checks = _checks(record)
    proofs: tuple[Proof, ...] = ()
    if record := _open(folder, PROOF_FILE, core, left_out):
        proofs = _proofs(record)
    synthesis = []
    for mode, name in SYNTHESIS_FILES.items():
        if record := _open(folder, name, core, left_out):
            synthesis.append(_synthesis(record, mode))
    return Report(core, samples, checks, proofs, tuple(synthesis), tuple(left_out))


def _open(folder: Path, name: str, core: Core, left_out: list[LeftOut]) -> Record | None:
    """Open a file of results, or note that it is not there or not of this core."""
    if not (folder / name).exists():
        left_out.append(LeftOut(name, f"there is no {name} in the folder"))
        return None
    record = Record.read(folder / name)
    expected = {"digest": core.model.digest, "target": core.target, "top": core.module}
    found = {field: record.text(field, "") for field in expected}
    others = [
        f'{field} "{_short(found[field])}" instead of "{_short(value)}"'
        for field, value in expected.items()
        if found[field] not in {"", value}
    ]
    record.finish("write it anew")
    if others:
        left_out.append(LeftOut(name, f"{name} is not of this {CORE_FILE}: {', '.join(others)}"))
        return None
    return record


def _short(text: str) -> str:
    return text if len(text) <= _TOLD_CHARACTERS else text[:_TOLD_CHARACTERS] + "…"


def _timing(record: Record) -> Timing:
    return Timing(
        target_mhz=record.positive("target_mhz"),
        estimated_mhz=record.positive("estimated_mhz"),
        levels=record.count("levels"),
        grade=record.text("grade"),
        source=record.text("source"),
    )


def _read_core(path: Path) -> Core:
    record = Record.read(path)
    core = Core(
        lutgen=record.text("lutgen"),
        module=record.text("module"),
        target=record.text("target"),
        pipeline=record.count("pipeline"),
        latency_cycles=record.count("latency_cycles"),
        model=_model(record.child("model")),
        logic=_netlist(record.child("logic")),
        netlist=_netlist(record.child("netlist")),
        passes=tuple(_pass(item) for item in record.children("passes")),
        devices=_devices(record),
        timing=_timing(record.child("timing")) if record.has("timing") else None,
        n_luts_plain=record.optional_count("luts_without_dont_cares"),
    )
    record.finish("write it anew with: lutgen verilog")
    return core


def _model(record: Record) -> Model:
    return Model(
        digest=record.text("digest"),
        n_inputs=record.count("n_inputs"),
        n_luts=record.count("n_luts"),
        n_layers=record.count("n_layers"),
        n_cone=record.count("n_cone"),
        fan_in=record.count_list("fan_in"),
        classes=record.texts("classes"),
        encoder=record.text("encoder"),
        head=record.text("head"),
        care=_care(record.child("care")) if record.has("care") else None,
        training=_training(record.child("training")),
    )


def _care(record: Record) -> Care:
    return Care(
        entries=record.count("entries"), seen=record.count("seen"), tied=record.count("tied")
    )


def _training(record: Record) -> Training:
    return Training(
        data=record.text("data", ""),
        task=record.text("task", ""),
        k=record.optional_count("k"),
        widths=record.count_list("widths"),
        wiring=record.text("wiring", ""),
        fill=record.text("fill", ""),
        seed=record.optional_count("seed", n_bits=64),
        n_samples=record.optional_count("n_samples"),
        train_accuracy=record.optional_fraction("train_accuracy"),
        test_accuracy=record.optional_fraction("test_accuracy"),
        layers=tuple(layer_accuracy(row) for row in record.children("layers")),
    )


def layer_accuracy(record: Record) -> LayerAccuracy:
    """Read the accuracy of the LUTs of a layer."""
    return LayerAccuracy(
        layer=record.count("layer"),
        n_luts=record.count("n_luts"),
        mean=record.fraction("mean"),
        std=record.fraction("std"),
        min=record.fraction("min"),
        max=record.fraction("max"),
    )


def _netlist(record: Record) -> Netlist:
    return Netlist(
        n_inputs=record.count("n_inputs"),
        n_inputs_read=record.count("n_inputs_read"),
        n_luts=record.count("luts"),
        n_registers=record.count("registers"),
        depth=record.count("depth"),
        cells=record.counts("cells"),
        layers=tuple(
            LayerCells(
                part=row.text("part"),
                layer=row.count("layer"),
                n_luts=row.count("luts"),
                n_registers=row.count("registers"),
                levels=row.count("levels"),
                cells=row.counts("cells"),
            )
            for row in record.children("layers")
        ),
    )


def _pass(record: Record) -> Pass:
    return Pass(
        name=record.text("name"),
        luts_before=record.count("luts_before"),
        luts_after=record.count("luts_after"),
        registers_before=record.count("registers_before"),
        registers_after=record.count("registers_after"),
        changes=record.count("changes"),
    )


def _devices(record: Record) -> tuple[Device, ...]:
    devices = []
    for name, item in record.named_children("devices"):
        n_luts = item.count("luts")
        if n_luts == 0:
            item.fault("luts", "must be at least 1")
        devices.append(Device(name, item.text("title", name), n_luts, item.text("source", "")))
    return tuple(sorted(devices, key=lambda device: (device.n_luts, device.name)))


def _checks(record: Record) -> tuple[str, tuple[Check, ...]]:
    unit = record.text("unit", "samples")
    checks = tuple(_check(item, unit) for item in record.children("checks"))
    samples = record.text("samples", "")
    record.finish("write it anew with: lutgen simulate")
    return samples, checks


def _check(record: Record, unit: str) -> Check:
    n_equal, n_samples = record.count("n_equal"), record.count("n_samples")
    if n_equal > n_samples:
        record.fault("n_equal", f"is {n_equal}, more than the {n_samples} samples")
    return Check(
        name=record.text("name"),
        n_equal=n_equal,
        n_samples=n_samples,
        unit=unit,
        tool=record.text("tool", "") or "lutgen",
        difference=_difference(record.child("difference")) if record.has("difference") else "",
    )


def _difference(record: Record) -> str:
    text = f"sample {record.count('sample')}: {_values(record)}"
    if record.has("lut"):
        lut = record.child("lut")
        text += f"; first differing LUT {lut.text('name')}: {_values(lut)}"
    return text


def _values(record: Record) -> str:
    return f"expected {record.text('expected')}, seen {record.text('seen')}"


def _proofs(record: Record) -> tuple[Proof, ...]:
    proofs = tuple(_proof(item) for item in record.children("proofs"))
    record.finish("write it anew with: lutgen prove")
    return proofs


def _proof(record: Record) -> Proof:
    proof = Proof(
        name=record.text("name"),
        n_outputs=record.count("n_outputs"),
        n_proved=record.count("n_proved"),
        n_open=record.count("n_open"),
        n_points=record.count("n_points"),
        n_points_proved=record.count("n_points_proved"),
        difference="a counterexample was found" if record.has("counterexample") else "",
    )
    if proof.n_proved + proof.n_open > proof.n_outputs:
        record.fault("n_proved", f"and n_open are more than the {proof.n_outputs} outputs")
    return proof


def _synthesis(record: Record, mode: str) -> Synthesis:
    synthesis = Synthesis(
        mode=mode,
        tool=record.text("tool"),
        command=record.text("command"),
        cells=record.counts("cells"),
        n_luts=record.count("n_luts"),
        n_registers=record.count("n_registers"),
        levels=record.count("levels"),
    )
    record.finish("write it anew with: lutgen synth")
    return synthesis
