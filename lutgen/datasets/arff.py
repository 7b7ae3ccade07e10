"""Tables in Weka's format, ARFF: attributes with names, then rows in text, full or sparse."""

from __future__ import annotations

import csv
import re

from lutgen.datasets.content import Content
from lutgen.datasets.table import MAX_COLUMNS, Table, TableOptions, TextColumn
from lutgen.errors import DataError

_ATTRIBUTE = re.compile(
    r"@attribute\s+('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\S+)\s*(.*)", re.IGNORECASE
)

# A sparse row may be short and stand for many values.
_FREE_CELLS = 2_000_000
_CELLS_A_BYTE = 8


def read_arff(content: Content, options: TableOptions) -> Table:
    """Read the table of an ARFF file.

    Raises
    ------
    DataError
        If a line is none of the format's; the message names it.
    """
    encoding = "utf-8-sig" if options.encoding == "auto" else options.encoding
    try:
        text = content.data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise DataError(
            f"{content.path}: {error}; name its encoding, e.g. --encoding latin-1"
        ) from error
    if "\0" in text:
        raise DataError(f"{content.path}: a zero byte; this is no text")
    lines = text.splitlines()
    names: list[str] = []
    blank: list[str] = []  # what a sparse row leaves out
    rows: list[list[str]] = []
    places: list[int] = []
    in_data = False
    max_cells = _FREE_CELLS + _CELLS_A_BYTE * len(content.data)
    for number, line in enumerate(map(str.strip, lines), 1):
        where = f"{content.path}, line {number}"
        if not line or line.startswith("%"):
            continue
        if in_data:
            if (len(rows) + 1) * len(names) > max_cells:
                raise DataError(
                    f"{where}: more than {max_cells:,} values, most of them left out; save the "
                    "table in full, as Parquet or .npz"
                )
            row = _row(where, line, blank)
            if len(row) != len(names):
                raise DataError(f"{where}: {len(row)} values for {len(names)} attributes")
            rows.append(row)
            places.append(number)
        elif line.lower().startswith("@data"):
            in_data = True
        elif match := _ATTRIBUTE.match(line):
            names.append(_plain(match[1]))
            if len(names) > MAX_COLUMNS:
                raise DataError(f"{where}: more than {MAX_COLUMNS:,} attributes")
            kind = match[2].strip()
            values = _cells(where, kind[1:].partition("}")[0]) if kind.startswith("{") else []
            blank.append(values[0] if values else "0")
        elif not line.lower().startswith("@relation"):
            raise DataError(f"{where}: {line[:40]!r}; @attribute or @data was expected")
    if not rows:
        raise DataError(f"{content.path}: no samples, only a header")
    columns = tuple(TextColumn(cells) for cells in zip(*rows, strict=True))
    return Table(content.path, tuple(names), columns, lambda row: f"line {places[row]}")


def _row(where: str, line: str, blank: list[str]) -> list[str]:
    if not line.startswith("{"):
        return _cells(where, line)
    row = blank.copy()
    for item in _cells(where, line.strip("{} \t")):
        place, _, value = item.strip().partition(" ")
        if not place.isdecimal() or int(place) >= len(row) or not value.strip():
            raise DataError(f"{where}: {item!r} is no attribute's number from 0 and its value")
        row[int(place)] = _plain(value.strip())
    return row


def _cells(where: str, line: str) -> list[str]:
    if not line.strip():
        return []
    quote = '"' if '"' in line and "'" not in line else "'"
    try:
        cells = next(
            csv.reader([line], quotechar=quote, escapechar="\\", skipinitialspace=True, strict=True)
        )
    except csv.Error as error:
        raise DataError(f"{where}: {error}") from error
    return [cell.strip() for cell in cells]


def _plain(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text
