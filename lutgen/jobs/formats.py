"""Number formats of features: read from a file, and what one changes in samples, counted."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.core import Interface
from lutgen.core.inputs import InputFormat, losses
from lutgen.errors import ConfigError, DataError, LutgenError, MismatchError
from lutgen.files import read_json
from lutgen.jobs.samples import dataset_for
from lutgen.model import Argmax, LutNetwork
from lutgen.records.core import CORE_FILE, ChangeRecord, CoreRecord

COLUMNS = ["feature", "format"]


def read_input_format(text: str) -> InputFormat:
    """Return the format that a text names: itself, or the table in a .json or .csv file.

    A .json holds an object, feature to format, or a list of formats; a .csv the columns ``feature``
    and ``format``. A feature is its name or number, or ``*`` for the rest.

    Raises
    ------
    DataError
        If the file cannot be read.
    ConfigError
        If it is no table of formats.
    """
    path = Path(text)
    if path.suffix.lower() == ".json":
        return _checked(text, read_json(path))
    if path.suffix.lower() == ".csv":
        return _read_csv(path)
    return text


def _checked(name: str, value: Any) -> InputFormat:
    items = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list) or not all(isinstance(item, str) for item in items):
        raise ConfigError(
            f'{name}: must hold an object, feature to format, as in {{"0": "u8", "*": "auto"}}, or '
            "a list of formats"
        )
    return value


def _read_csv(path: Path) -> InputFormat:
    try:
        rows = [row for row in csv.reader(path.read_text("utf-8").splitlines()) if row]
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"cannot read {path}: {error}") from error
    if rows and [cell.strip().lower() for cell in rows[0]] == COLUMNS:
        rows = rows[1:]
    table: dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        if len(row) != len(COLUMNS) or row[0].strip() in table:
            raise ConfigError(
                f"{path}: row {number} must be a feature and its format, each feature once; found "
                f"{','.join(row)[:60]!r}"
            )
        table[row[0].strip()] = row[1].strip()
    return table


def formats_in(path: Path, network: LutNetwork) -> tuple[str, ...]:
    """Return the formats that a ``core.json``, or that of a folder, has for a model's features.

    Raises
    ------
    DataError
        If it cannot be read.
    MismatchError
        If it is of another model.
    """
    record = CoreRecord.read(path / CORE_FILE if path.is_dir() else path)
    if record.model.digest not in (network.digest, *network.aliases):
        raise MismatchError(
            f"{path} is of model {record.model.digest[:16]}…, not of {network.digest[:16]}…; name "
            "the folder of this model's hardware"
        )
    return record.input_formats


def count_changes(
    interface: Interface, samples: str, X: NDArray[Any], y: NDArray[Any] | None = None
) -> ChangeRecord:
    """Count the samples whose codes are told otherwise than the numbers themselves.

    Parameters
    ----------
    samples : str
        What they are, for the record.
    y : ndarray, optional
        Their labels, for the accuracies.
    """
    bits, answers = interface.changed(X)
    network = interface.network
    accuracies: tuple[float | None, float | None] = None, None
    if y is not None and len(y) and isinstance(network.head, Argmax):
        right = network.predict(X) == y
        accuracies = (
            float(right.mean()),
            float((interface.predict(X) == y).mean()) if answers.any() else float(right.mean()),
        )
    return ChangeRecord(
        samples=samples,
        n_samples=len(bits),
        bits_changed=int(np.count_nonzero(bits)),
        answers_changed=int(np.count_nonzero(answers)),
        accuracy=accuracies[0],
        accuracy_of_codes=accuracies[1],
    )


def own_changes(
    interface: Interface, data_dir: Path | None = None
) -> tuple[tuple[ChangeRecord, ...], str]:
    """Count what a format that loses something changes in the model's own samples.

    Nothing is downloaded.

    Returns
    -------
    (changes, why not) : tuple of ChangeRecord, str
        Of the training and of the test samples, and ""; nothing and "" where nothing is lost; or
        nothing and why they could not be counted.
    """
    network = interface.network
    if not interface.formats or not any(losses(network, interface.formats)):
        return (), ""
    if network.provenance.source is None:
        return (), "the model does not say what data it was trained on"
    try:
        dataset = dataset_for(network, None, data_dir, download=False)
        parts = {
            "training samples": (dataset.X_train, dataset.y_train),
            "test samples": (dataset.X_test, dataset.y_test),
        }
        changes = (
            count_changes(interface, name, *part) for name, part in parts.items() if len(part[1])
        )
        return tuple(changes), ""
    except LutgenError as error:
        return (), str(error)
