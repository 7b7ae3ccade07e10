"""Tables of numbers from ``.csv`` files, with or without a column of labels.

Lines and columns are counted from 1, as editors do; every message names them.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ConfigError, DataError

DELIMITERS = ",;\t"

_Row = tuple[int, list[str]]  # line number and cells


@dataclass(frozen=True, eq=False)
class CsvTable:
    """What a ``.csv`` file holds.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), dtype=np.float64
    y : ndarray of shape (n_samples,), or None
        Labels: whole numbers if all are, otherwise strings.
    """

    X: NDArray[np.float64]
    y: NDArray[Any] | None


def read_csv(path: Path, *, labelled: bool, label: str | None = None) -> CsvTable:
    """Read a ``.csv`` file of finite numbers and, if `labelled`, one column of labels.

    Columns are parted by comma, semicolon or tab. The first line is taken for the names of the
    columns if none of its features is a number, if its label is not a number but the next one
    is, or if `label` is one of its names.

    Parameters
    ----------
    label : str, optional
        Name or number (from 1) of the column of labels; by default the last one.

    Raises
    ------
    DataError
        If the file cannot be read, or a feature is not a finite number.
    ConfigError
        If there is no such column.
    """
    rows = _read_rows(path)
    head = list(islice(rows, 2))
    if not head:
        raise DataError(f"{path}: empty; needs one line for each sample")
    column, named = _label_column(path, head[0][1], label) if labelled else (None, False)
    names = head.pop(0)[1] if named or _is_header(head, column) else []
    return _parse(path, chain(head, rows), names, column)


def _read_rows(path: Path) -> Iterator[_Row]:
    """Give the lines that are not blank; all must be of one width."""
    width = line = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            first = stream.readline()
            stream.seek(0)
            reader = csv.reader(stream, delimiter=max(DELIMITERS, key=first.count), strict=True)
            for row in reader:
                line = reader.line_num
                if not any(map(str.strip, row)):
                    continue
                width = width or len(row)
                if len(row) != width:
                    raise DataError(
                        f"{path}, line {line}: {len(row)} columns instead of {width} as before"
                    )
                yield line, row
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}, after line {line}: not text in UTF-8 ({error})") from error
    except csv.Error as error:
        raise DataError(f"{path}, after line {line}: {error}") from error


def _label_column(path: Path, first: Sequence[str], label: str | None) -> tuple[int, bool]:
    """Return the place of the labels, and whether it was found by name."""
    if len(first) < 2:
        raise DataError(f"{path}: one column only; needs features and a label, parted by commas")
    if label is None:
        return len(first) - 1, False
    names = [name.strip() for name in first]
    if label.isdecimal():
        if 1 <= int(label) <= len(names):
            return int(label) - 1, False
    elif label in names:
        return names.index(label), True
    some = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    raise ConfigError(
        f"{path} has no column {label!r} for the labels; give a name of the first line ({some}) "
        f"or a number from 1 to {len(names)}"
    )


def _is_header(head: Sequence[_Row], label_column: int | None) -> bool:
    first = head[0][1]
    if not any(_is_number(cell) for i, cell in enumerate(first) if i != label_column):
        return True
    if label_column is None or len(head) < 2:
        return False
    return not _is_number(first[label_column]) and _is_number(head[1][1][label_column])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _parse(
    path: Path, rows: Iterator[_Row], names: Sequence[str], label_column: int | None
) -> CsvTable:
    features: list[NDArray[np.float64]] = []
    labels: list[str] = []
    for line, row in rows:
        cells = row.copy()
        if label_column is not None:
            labels.append(cells.pop(label_column).strip())
            if not labels[-1]:
                raise DataError(f"{path}, line {line}, column {label_column + 1}: no label")
        try:
            numbers = np.array([float(cell) for cell in cells])
        except ValueError:
            numbers = np.array([np.nan])
        if not np.isfinite(numbers).all():
            raise DataError(f"{path}, line {line}, {_first_fault(row, names, label_column)}")
        features.append(numbers)
    if not features:
        raise DataError(f"{path}: no samples, only a header")
    return CsvTable(np.stack(features), None if label_column is None else _as_labels(labels))


def _first_fault(row: Sequence[str], names: Sequence[str], label_column: int | None) -> str:
    for i, cell in enumerate(row):
        if i != label_column and not (_is_number(cell) and math.isfinite(float(cell))):
            name = f" ({names[i].strip()})" if names else ""
            return f"column {i + 1}{name}: {cell.strip()!r} is not a finite number"
    raise AssertionError("called for a row without a fault")


def _as_labels(labels: list[str]) -> NDArray[Any]:
    try:
        return np.array([int(label) for label in labels], dtype=np.int64)
    except (ValueError, OverflowError):
        return np.array(labels)
