"""Tables in Parquet, Feather and Arrow files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lutgen.datasets.content import Content
from lutgen.datasets.table import ArrayColumn, Column, Table
from lutgen.errors import DataError


def read_arrow(content: Content) -> Table:
    """Read a table that has names and types of its own.

    Raises
    ------
    DataError
        If pyarrow is not installed, or cannot read the file.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - for these files only
        from pyarrow import feather, ipc, parquet  # noqa: PLC0415
    except ImportError as error:
        raise DataError(
            f"{content.path}: a {content.kind} file is read with pyarrow, which is not installed; "
            "pip install pyarrow"
        ) from error
    stream = io.BytesIO(content.data)
    try:
        if content.kind == "parquet":
            table = parquet.read_table(stream)
        elif content.kind == "arrow":
            table = feather.read_table(stream)
        else:
            table = ipc.open_stream(stream).read_all()
        table.validate(full=True)  # offsets of a damaged file may lead anywhere
    except (pa.ArrowException, OSError, ValueError, EOFError) as error:
        raise DataError(
            f"{content.path}: not a whole {content.kind} file ({error}); get it again"
        ) from error
    if not table.num_rows or not table.num_columns:
        raise DataError(f"{content.path}: {table.num_rows} rows of {table.num_columns} columns")
    return _table(content.path, table, pa)


def parquet_tables(path: Path, block_bytes: int) -> Iterator[Table]:
    """Read a Parquet file some rows at a time.

    Parameters
    ----------
    block_bytes : int
        Of the numbers in memory, about.

    Raises
    ------
    DataError
        If it is not a whole Parquet file.
    """
    import pyarrow as pa  # noqa: PLC0415 - for these files only
    from pyarrow import parquet  # noqa: PLC0415

    try:
        with parquet.ParquetFile(path, memory_map=False, pre_buffer=False) as file:
            n_rows = max(1, block_bytes // (8 * max(1, file.metadata.num_columns)))
            for batch in file.iter_batches(batch_size=n_rows, use_threads=False):
                batch.validate(full=True)
                yield _table(str(path), pa.Table.from_batches([batch]), pa)
    except (pa.ArrowException, OSError, EOFError) as error:
        raise DataError(f"{path}: not a whole parquet file ({error}); get it again") from error


def _table(path: str, table: Any, pa: Any) -> Table:
    names = tuple("" if _is_pandas_index(name) else name for name in table.column_names)
    columns = tuple(_column(column, pa) for column in table.columns)
    return Table(path, names, columns, lambda row: f"row {row + 1}")


def _is_pandas_index(name: str) -> bool:
    return name.startswith("__index_level_")


def _column(cells: Any, pa: Any) -> Column:
    kind = cells.type
    if pa.types.is_dictionary(kind):
        cells = cells.cast(kind.value_type)
        kind = kind.value_type
    plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    if plain and not cells.null_count:
        return ArrayColumn(np.ascontiguousarray(cells.to_numpy()))
    values = np.empty(len(cells), dtype=object)
    values[:] = cells.to_pylist()
    return ArrayColumn(values)
