"""What is told of a model beside its hardware: answers to samples, structure, and what it was."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lutgen.encode.encoder import CODE
from lutgen.model import LutNetwork
from lutgen.model.structure import feature_reads, wires_between_layers
from lutgen.records.core import NETWORK_FILE
from lutgen.records.learnt import (
    AccuracyChange,
    EvaluationRecord,
    NumbersRecord,
    OptimisedSizes,
)
from lutgen.records.tune import TuneRecord
from lutgen.report.folder import Report
from lutgen.report.table import Section, Table, accuracy_text, grouped, share, some_of

_TITLE = "Lookup tables"
_MOST_CLASSES = 20
_MOST_LAYERS = 12


def worth_facts(record: EvaluationRecord | NumbersRecord) -> list[tuple[str, str]]:
    """Return what the answers to labelled samples are worth, in numbers."""
    samples = f"{record.data}, {record.part}: {grouped(record.n_samples)} samples"
    found = [("measured on", f"{samples}; {record.split}" if record.split else samples)]
    if isinstance(record, NumbersRecord):
        found.append(("R²", accuracy_text(record.r2)))
        for name, errors in (
            ("MAE", record.mean_absolute_error),
            ("RMSE", record.root_mean_squared_error),
        ):
            found.append((name, ", ".join(f"{error:.6g}" for error in errors)))
        return found
    right = f"{grouped(record.n_correct)} / {grouped(record.n_samples)} right"
    found.append(("accuracy", f"{accuracy_text(record.accuracy)}, {right}"))
    if record.calibration_error is not None:
        error = accuracy_text(record.calibration_error)
        found.append(("calibration error", f"{error}, the mean over 15 parts"))
    return found


def class_tables(record: EvaluationRecord) -> Iterator[Table]:
    """Yield the confusion matrix with recall and precision; of many classes, these alone."""
    counts = np.array(record.confusion, dtype=np.int64).reshape(len(record.classes), -1)
    right, true, answered = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    recall = [share(*map(int, pair)) for pair in zip(right, true, strict=True)]
    precision = [share(*map(int, pair)) for pair in zip(right, answered, strict=True)]
    if len(record.classes) > _MOST_CLASSES:
        n_true = map(grouped, true.tolist())
        rows = list(zip(record.classes, n_true, recall, precision, strict=True))
        columns = ("class", ">samples", ">recall", ">precision")
        yield Table("Recall and precision by class", columns, *some_of(rows))
        return
    body = [
        (label, *(grouped(n) if n else "" for n in row.tolist()), told)
        for label, row, told in zip(record.classes, counts, recall, strict=True)
    ]
    yield Table(
        "Confusion matrix",
        ("true \\ answered", *(f">{label}" for label in record.classes), ">recall"),
        (*body, ("precision", *precision, "")),
        "A row: the samples of a class. Recall: the share of them that is answered rightly. "
        "Precision: the share of right ones among those so answered.",
        shades=(*_shades(counts, true), (0.0,) * (len(record.classes) + 1)),
    )


def _shades(counts: NDArray[np.int64], true: NDArray[np.int64]) -> Iterator[tuple[float, ...]]:
    for row, n in zip(counts.tolist(), true.tolist(), strict=True):
        yield (*(round(count / n, 3) if n else 0.0 for count in row), 0.0)


def network_section(report: Report) -> Section:
    """Return what the network looks like: what LUTs read."""
    network = report.network
    if network is None:
        line = f"Not shown: {report.why_without(NETWORK_FILE)}. lutgen verilog leaves it."
        return Section("network", _TITLE, lines=(line,))
    reads = feature_reads(network)
    n_read = int((reads > 0).sum())
    unit = "numbers" if network.encoder.window is not None else "features"
    facts = [
        ("LUTs", f"{grouped(int(network.cone.sum()))} that reach the output"),
        (f"{unit} read", f"{grouped(n_read)} / {grouped(reads.size)}, {share(n_read, reads.size)}"),
        ("wires to inputs", grouped(int(reads.sum()))),
    ]
    tables = [_feature_table(network, reads)]
    if 1 < network.n_layers <= _MOST_LAYERS:
        tables.append(_wires_table(network))
    return Section("network", _TITLE, tuple(facts), tuple(table for table in tables if table.rows))


def _feature_table(network: LutNetwork, reads: NDArray[np.int64]) -> Table:
    """Return the features that are read most, and the thresholds that they are compared with."""
    encoder = network.encoder
    names = encoder.compared_names(network.feature_names) or ("",) * reads.size
    read = network.wires[np.repeat(network.cone, network.fan_in)]
    bits = np.unique(read[read < network.n_inputs])
    rows = []
    for place in np.argsort(-reads, kind="stable")[: int((reads > 0).sum())].tolist():
        own = bits[encoder.feature[bits] == place]
        told = [f"{value:.12g}" for value in encoder.threshold[own].tolist() if np.isfinite(value)]
        rows.append((str(place), names[place], ", ".join(told), grouped(int(reads[place]))))
    columns = (">feature", "name", "bits of" if encoder.kind == CODE else "thresholds", ">wires")
    return Table("Features that are read, most often first", columns, *some_of(rows))


def _wires_table(network: LutNetwork) -> Table:
    """Return where the wires of each layer come from."""
    counts = wires_between_layers(network)
    names = ["inputs", *(f"layer {layer}" for layer in range(1, network.n_layers))]
    body = counts[1:, : network.n_layers]
    most = max(1, int(body.max()))
    return Table(
        "Wires by layer, and what they read",
        ("layer", *(f">{name}" for name in names)),
        tuple(
            (str(layer), *(grouped(count) if count else "" for count in row))
            for layer, row in enumerate(body.tolist(), 1)
        ),
        "Of the LUTs that reach the output.",
        shades=tuple(tuple(round(count / most, 3) for count in row) for row in body.tolist()),
    )


def change_sections(report: Report) -> Iterator[Section]:
    """Yield what the model was before it was made smaller, and what it was chosen among."""
    optimised = report.core.model.training.optimised
    tables, facts, lines = [], [], []
    if optimised is not None:
        facts += [("made smaller from", optimised.original), ("free entries", optimised.policy)]
        if optimised.sizes:
            sizes = OptimisedSizes.from_json(dict(optimised.sizes), "its sizes before")
            tables.append(_optimised_table(sizes, optimised.validation))
        else:
            lines.append("Sizes before are not known: an earlier version made this model.")
    if report.tune is not None:
        tables.append(_tune_table(report.tune))
    if facts or tables:
        yield Section("changes", "Before and after", tuple(facts), tuple(tables), tuple(lines))


def _optimised_table(sizes: OptimisedSizes, validation: object) -> Table:
    network, cells = sizes.network, sizes.cells
    rows = [
        _change("LUTs of the network", network.luts_before, network.luts_after),
        _change("their inputs", network.inputs_before, network.inputs_after),
    ]
    rows += [
        _change(f"{name} on {sizes.chip}", cells.before.get(name, 0), cells.after.get(name, 0))
        for name in sorted({*cells.before, *cells.after})
    ]
    held = validation if isinstance(validation, dict) else {}
    shares = [held.get(f"accuracy_{when}") for when in ("before", "after")]
    if all(isinstance(value, float | int) for value in shares):
        rows.append(_accuracy_change("accuracy, held out", AccuracyChange(*shares)))
    rows.append(_accuracy_change("accuracy, test", sizes.test_accuracy))
    return Table("Made smaller", ("", ">before", ">after", ">change"), tuple(rows))


def _change(name: str, before: int, after: int) -> tuple[str, ...]:
    change = f"{100 * (after - before) / before:+.1f} %" if before else ""
    return name, grouped(before), grouped(after), change


def _accuracy_change(name: str, change: AccuracyChange) -> tuple[str, ...]:
    before, after = change.before, change.after
    if before is None or after is None:
        return name, "", "", ""
    points = f"{100 * (after - before):+.2f} points"
    return name, accuracy_text(before), accuracy_text(after), points


def _tune_table(record: TuneRecord) -> Table:
    """Return the candidates that none beats with as few LUTs, and the one that was chosen."""
    places = sorted({*record.front, *([] if record.chosen is None else [record.chosen])})
    places.sort(key=lambda place: record.candidates[place].luts)
    rows = [
        (
            grouped(record.candidates[place].luts),
            accuracy_text(record.candidates[place].score),
            accuracy_text(record.candidates[place].standard_error),
            "chosen" if place == record.chosen else "",
        )
        for place in places
    ]
    body, note = some_of(rows)
    columns = (">LUTs", f">{record.metric or 'accuracy'}", ">± standard error", "")
    n_full, n_trials = len(record.candidates), len(record.trials)
    told = f"{grouped(n_full)} learnt in full, of {grouped(n_trials)} trials."
    return Table("Chosen by tune: the best for their LUTs", columns, body, f"{told} {note}".strip())
