"""Samples without labels, read block by block from files of any size, for prediction.

What is guessed of a table (delimiter, header, decimals) is guessed once, from its first block, as
it is from the whole of a small one. Packed files, ARFF, and text in UTF-16 are read whole, and so
is what comes through a pipe.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.arrow_table import parquet_tables
from lutgen.datasets.columns import Known, choose_columns
from lutgen.datasets.content import kind_of_start
from lutgen.datasets.table import AS_FOUND, DROP, TableOptions
from lutgen.datasets.tables import Say, features_of_array, load_features
from lutgen.datasets.text_table import read_text, settle
from lutgen.errors import DataError

BLOCK_BYTES = 1 << 24
_SMALL_ENCODINGS = ("auto", "utf-8", "ascii", "latin-1", "iso-8859-1", "cp1252")


def feature_blocks(
    path: str | Path,
    known: Known,
    options: TableOptions = AS_FOUND,
    *,
    say: Say | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[NDArray[Any]]:
    """Read samples as :func:`lutgen.datasets.tables.load_features` does, some rows at a time.

    Parameters
    ----------
    block_bytes : int
        Of a file in memory, about; a file that is not larger is one block.

    Raises
    ------
    DataError
        If the file cannot be read, lacks a feature, or holds what is not a finite number: once the
        rows before were given.
    """
    kind = _kind(Path(path), options, block_bytes) if str(path) != "-" else ""
    if kind == "text":
        yield from _of_text(Path(path), known, options, say, block_bytes)
    elif kind == "parquet":
        first = 0
        for block in parquet_tables(Path(path), block_bytes):
            table = replace(block, place=_after(first))
            yield choose_columns(table, options, labelled=False, known=known, say=say).X
            first, say = first + table.n_rows, None
    elif kind == "npy":
        yield from _of_array(Path(path), known, block_bytes)
    else:
        yield load_features(path, known, options, say=say)


def _after(first: int) -> Any:
    return lambda row: f"row {first + row + 1}"


def _kind(path: Path, options: TableOptions, block_bytes: int) -> str:
    """Return what a large file holds, where it can be read in blocks; else nothing."""
    try:
        if not path.is_file() or path.stat().st_size <= block_bytes or options.missing == DROP:
            return ""
        with path.open("rb") as stream:
            start = stream.read(1 << 12)
    except OSError:
        return ""  # reading it whole will tell
    kind = kind_of_start(start)
    if kind == "npy" and (options.label is not None or options.label_index is not None):
        return ""
    is_plain = options.encoding.lower() in _SMALL_ENCODINGS and not start.startswith(b"#")
    return kind if kind in ("parquet", "npy") or (kind == "text" and is_plain) else ""


def _of_array(path: Path, known: Known, block_bytes: int) -> Iterator[NDArray[Any]]:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path}: not a whole .npy file ({error})") from error
    if array.ndim < 2 or array.dtype.names is not None:
        yield load_features(path, known)
        return
    width = int(np.prod(array.shape[1:]))
    if width != known.n_features:
        raise DataError(f"{path}: {width} columns, but the model takes {known.n_features} features")
    n_rows = max(1, block_bytes // (8 * width))
    for first in range(0, len(array), n_rows):
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)  # anew: so pages are given back
        part = np.array(mapped[first : first + n_rows])
        yield features_of_array(part, f"{path} (X), from row {first}", missing=known.missing)


def _of_text(
    path: Path, known: Known, options: TableOptions, say: Say | None, block_bytes: int
) -> Iterator[NDArray[Any]]:
    header, n_lines = b"", 0
    with path.open("rb") as stream:
        for number, block in enumerate(_lines(stream, block_bytes)):
            if number == 0:
                options, has_header = settle(
                    str(path), block, options, known=known.columns, labelled=False, say=say
                )
                header = block[: block.index(b"\n") + 1] if has_header else b""
                content, above = block, 0
            else:
                content, above = header + block, n_lines - bool(header)
            n_lines += block.count(b"\n")
            if not content[len(header) :].strip():
                continue
            table = read_text(
                str(path), content, options, known=known.columns, labelled=False, above=above
            )
            yield choose_columns(table, options, labelled=False, known=known, say=say).X
            say = None  # all was said of the first block


def _lines(stream: BinaryIO, block_bytes: int) -> Iterator[bytes]:
    """Cut text after line ends that stand in no quotes."""
    left = b""
    while part := stream.read(block_bytes):
        left += part
        end = left.rfind(b"\n")
        while end >= 0 and left.count(b'"', 0, end) % 2:
            end = left.rfind(b"\n", 0, end)
        if end >= 0:
            yield left[: end + 1]
            left = left[end + 1 :]
    if left:
        yield left
