"""Series: files that hold many of them with a label each, and samples that are windows of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.content import Content
from lutgen.datasets.labels import labels_of
from lutgen.datasets.table import ArrayColumn
from lutgen.encode.window import sliding
from lutgen.errors import DataError

_FLAGS = ("true", "false")


@dataclass(frozen=True, eq=False)
class LabelledSeries:
    """Series of one length.

    Parameters
    ----------
    X : ndarray of shape (n_series, n_steps, n_channels), dtype=np.float64
    y : ndarray of shape (n_series,)
        Labels.
    """

    X: NDArray[np.float64]
    y: NDArray[Any]


def read_ts(content: Content) -> LabelledSeries:
    """Read a ``.ts`` file, the format of the UEA & UCR archive of series classification.

    A line a series: its channels, parted by colons, as numbers parted by commas, then its label.

    Raises
    ------
    DataError
        If a line is none of the format's, series differ in length, values are missing, or there are
        time stamps or no labels; the message names the line.
    """
    try:
        lines = content.data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{content.path}: {error}; a .ts file is text in UTF-8") from error
    rows: list[list[NDArray[np.float64]]] = []
    labels: list[str] = []
    in_data = labelled = False
    for number, line in enumerate(map(str.strip, lines), 1):
        where = f"{content.path}, line {number}"
        if not line or line.startswith("#"):
            continue
        if in_data:
            *channels, label = line.split(":")
            if not channels:
                raise DataError(f"{where}: needs channels and a label, parted by colons")
            rows.append([_numbers(where, text) for text in channels])
            labels.append(label.strip())
            _check_shape(where, rows)
        elif line.lower().startswith("@data"):
            in_data = True
        elif line.startswith("@"):
            name, _, value = line[1:].lower().partition(" ")
            flag = value.split()[0] if value.split() else ""
            if name == "timestamps" and flag != "false":
                raise DataError(f"{where}: series with time stamps are not read; leave them out")
            if name in ("classlabel", "targetlabel") and flag in _FLAGS:
                labelled = flag == "true"
        else:
            raise DataError(f"{where}: {line[:40]!r} is none of @NAME, # and, after @data, series")
    if not rows:
        raise DataError(f"{content.path}: holds no series after @data")
    if not labelled:
        raise DataError(f"{content.path}: says no '@classLabel true': its series have no labels")
    y = labels_of(ArrayColumn(np.array(labels)))
    return LabelledSeries(np.array(rows).transpose(0, 2, 1), y)


def _numbers(where: str, text: str) -> NDArray[np.float64]:
    cells = text.split(",")
    try:
        values = np.array(cells, dtype=np.float64)
    except ValueError as error:
        bad = next(cell for cell in cells if not _is_number(cell))
        raise DataError(
            f"{where}: {bad.strip()[:40]!r} is no number; series with missing values are not read"
        ) from error
    if not np.isfinite(values).all():
        raise DataError(f"{where}: a value is NaN or infinite; replace it, or drop the series")
    return values


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _check_shape(where: str, rows: list[list[NDArray[np.float64]]]) -> None:
    first, last = ([len(channel) for channel in row] for row in (rows[0], rows[-1]))
    if first != last or len(set(first)) > 1:
        raise DataError(
            f"{where}: {len(last)} channel(s) of {', '.join(map(str, sorted(set(last))))} steps, "
            f"the first series has {len(first)} of {', '.join(map(str, sorted(set(first))))}; "
            "series of one length are read: cut or pad them"
        )


def windows_of(
    X: NDArray[Any], y: NDArray[Any], length: int, n_steps: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return each full window as a sample, with the label of its last step or of its series.

    Parameters
    ----------
    X : ndarray of shape (n_steps, n_channels), or (n_series, n_steps * n_channels)
        One series, a row a step; or many, a row each, step by step.
    y : ndarray
        A label a row.
    n_steps : int
        Steps of each series, where there are many; 0: one series.

    Raises
    ------
    DataError
        If there are fewer steps than a window has.
    """
    if not len(X):
        width = X.shape[1] // n_steps if n_steps else X.shape[1]
        return np.empty((0, length * width), X.dtype), y
    if not n_steps:
        return sliding(X, length, full=True), y[length - 1 :]
    parts = [sliding(row.reshape(n_steps, -1), length, full=True) for row in X]
    return np.concatenate(parts), np.repeat(y, n_steps - length + 1)
