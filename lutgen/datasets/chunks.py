"""Tables larger than memory, read in chunks of rows: Parquet files, and matrices in ``.npy`` files.

A chunk is so many rows; only the last one of a file has fewer. Columns are numbers; which one holds
the labels is found as in smaller tables, by the first file.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.columns import LABEL_NAMES
from lutgen.errors import ConfigError, DataError


@dataclass(frozen=True)
class Chunks:
    """Files of one table, and how to take it apart.

    Parameters
    ----------
    paths : tuple of str
        In the order of their rows.
    names : tuple of str
        Of the features; empty where columns have none.
    label : int or None
        Place of the column of labels, from 0.
    label_name : str
    sizes : tuple of int
        Rows of each file.
    n_features : int
    """

    paths: tuple[str, ...]
    names: tuple[str, ...]
    label: int | None
    label_name: str
    sizes: tuple[int, ...]
    n_features: int

    def n_chunks(self, n_rows: int) -> int:
        """Return how many chunks of so many rows there are."""
        return sum(-(-size // n_rows) for size in self.sizes)

    def read(self, n_rows: int) -> Iterator[tuple[NDArray[Any], NDArray[Any] | None]]:
        """Return features and labels, a chunk after another.

        Raises
        ------
        DataError
            If a file cannot be read, has other columns, or columns of no numbers.
        """
        for path in self.paths:
            if path.endswith(".npy"):
                yield from self._of_array(path, n_rows)
            else:
                yield from self._of_parquet(path, n_rows)

    def _of_array(
        self, path: str, n_rows: int
    ) -> Iterator[tuple[NDArray[Any], NDArray[Any] | None]]:
        size = len(_mapped(path))
        for first in range(0, size, n_rows):
            part = np.array(_mapped(path)[first : first + n_rows])  # mapped anew: pages go
            if self.label is None:
                yield part, None
            else:
                yield np.delete(part, self.label, axis=1), _plain(part[:, self.label])

    def _of_parquet(
        self, path: str, n_rows: int
    ) -> Iterator[tuple[NDArray[Any], NDArray[Any] | None]]:
        import pyarrow as pa  # noqa: PLC0415 - for these files only
        from pyarrow import parquet  # noqa: PLC0415

        try:
            with parquet.ParquetFile(path, memory_map=False, pre_buffer=False) as file:
                held: list[Any] = []
                for batch in file.iter_batches(batch_size=min(n_rows, 1 << 16), use_threads=False):
                    held.append(batch)
                    while sum(own.num_rows for own in held) >= n_rows:
                        table = pa.Table.from_batches(held)
                        yield self._taken(path, table.slice(0, n_rows))
                        held = table.slice(n_rows).to_batches()
                if held and sum(own.num_rows for own in held):
                    yield self._taken(path, pa.Table.from_batches(held))
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{path}: not a whole Parquet file ({error})") from error

    def _taken(self, path: str, table: Any) -> tuple[NDArray[Any], NDArray[Any] | None]:
        names = [name for place, name in enumerate(table.column_names) if place != self.label]
        if len(names) != self.n_features or tuple(names) != self.names:
            raise DataError(
                f"{path}: its columns are not those of {self.paths[0]}; give files of one table"
            )
        matrix = np.empty((table.num_rows, len(names)), dtype=np.float64)
        for place, name in enumerate(names):
            column = table.column(name)
            try:
                matrix[:, place] = column.to_numpy()
            except (ValueError, TypeError) as error:
                raise DataError(
                    f"{path}: column {name} is of type {column.type}; tables that are read in "
                    "chunks have numbers as features, so make numbers of it, or leave it out"
                ) from error
        if self.label is None:
            return matrix, None
        labels = table.column(self.label).to_numpy()
        return matrix, _plain(labels)


def open_chunks(
    patterns: str | Sequence[str], *, label: str | None = None, labelled: bool = True
) -> Chunks:
    """Look at the files of a table.

    Parameters
    ----------
    patterns : str or sequence of str
        Files or patterns of them, as ``parts/*.parquet``; each pattern's files are in the order of
        their names.
    label : str, optional
        Name of the column of labels, or its place from 1. Default: the one that is called label,
        class, target or y, else the last.

    Raises
    ------
    DataError
        If there are none, or they cannot be read.
    ConfigError
        If there is no such column.
    """
    each = [patterns] if isinstance(patterns, str) else list(patterns)
    paths = tuple(path for pattern in each for path in sorted(glob.glob(pattern)))  # noqa: PTH207 - any folder
    if not paths:
        raise DataError(f"no file is called {' or '.join(each)}")
    odd = next((path for path in paths if Path(path).suffix not in (".npy", ".parquet")), None)
    if odd is not None:
        raise DataError(
            f"{odd}: tables are read in chunks from .parquet or .npy files; pandas and pyarrow "
            "turn others into Parquet, e.g. pyarrow.csv.open_csv into pyarrow.parquet.ParquetWriter"
        )
    shapes = [_shape(path) for path in paths]
    columns = shapes[0][1]
    names = [str(name) for name in columns]
    place = _label_place(paths[0], columns, label) if labelled or label is not None else None
    is_named = isinstance(columns[0], str)
    return Chunks(
        paths,
        tuple(name for i, name in enumerate(names) if i != place) if is_named else (),
        place,
        names[place] if is_named and place is not None else "",
        tuple(size for size, _ in shapes),
        len(columns) - (place is not None),
    )


def _label_place(path: str, columns: Sequence[Any], label: str | None) -> int:
    names = [name.lower() if isinstance(name, str) else "" for name in columns]
    if label is None:
        named = [i for i, name in enumerate(names) if name in (*LABEL_NAMES, "y")]
        if len(named) > 1:
            raise ConfigError(f"{path}: several columns may be the labels; choose with --label")
        return named[0] if named else len(columns) - 1
    if label in columns:
        return list(columns).index(label)
    if label.isdecimal() and 1 <= int(label) <= len(columns):
        return int(label) - 1
    raise ConfigError(f"{path} has no column {label!r} for the labels")


def _shape(path: str) -> tuple[int, Sequence[Any]]:
    """Return rows and columns: their names, or numbers where they have none."""
    if path.endswith(".npy"):
        array = _mapped(path)
        return len(array), range(array.shape[1])
    import pyarrow as pa  # noqa: PLC0415 - for these files only
    from pyarrow import parquet  # noqa: PLC0415

    try:
        meta = parquet.read_metadata(path)
        names = list(meta.schema.to_arrow_schema().names)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: not a whole Parquet file ({error})") from error
    if not names:
        raise DataError(f"{path}: has no columns")
    return meta.num_rows, names


def _mapped(path: str) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path}: not a whole .npy file ({error})") from error
    if array.ndim != 2 or array.dtype.kind not in "biuf" or array.shape[1] < 1:
        raise DataError(
            f"{path}: a table is a matrix of numbers, got {array.dtype} of shape {array.shape}"
        )
    return array


def _plain(labels: NDArray[Any]) -> NDArray[Any]:
    """Return labels of whole numbers as such."""
    if labels.dtype.kind == "f" and np.isfinite(labels).all() and (labels == np.rint(labels)).all():
        return labels.astype(np.int64)
    return labels
