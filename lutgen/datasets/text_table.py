"""Tables in text: what parts the columns, whether the first line names them, and the cells.

Lines and columns are counted from 1, as editors do; every message names them.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.table import (
    AS_FOUND,
    MAX_COLUMNS,
    NUMBER,
    Column,
    Table,
    TableOptions,
    TextColumn,
    is_missing,
    number_names,
)
from lutgen.errors import ConfigError, DataError

Say = Callable[[str], None]

DELIMITERS = {"\t": "tab", ";": ";", "|": "|", ",": ",", " ": "space"}
LABEL_NAMES = ("label", "class", "target", "y")

_Row = tuple[int, list[str]]  # line number and cells

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it starts with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_HEAD = 20  # rows that are looked at to find out how the others are written
_PEEK = 3  # of these, to guess which columns hold numbers
_LARGE = 1 << 20  # characters from which on a faster reader is worth loading
_MANY_COLUMNS = 2000  # each costs that reader as much as many cells do


def read_text(
    path: str,
    content: bytes,
    options: TableOptions = AS_FOUND,
    *,
    known: Sequence[str] = (),
    labelled: bool = True,
    above: int | None = None,
    say: Say | None = None,
) -> Table:
    """Read a table from text whose columns are parted by a character or by spaces.

    Parameters
    ----------
    path : str
        For messages.
    known : sequence of str
        Names of features: a first line that has them all is a header.
    labelled : bool
        Whether a column of labels is among the columns.
    above : int, optional
        The content is a later part of a table, after so many lines.
    say : callable, optional
        Takes what was guessed, a line each, with the option that overrides it.

    Raises
    ------
    DataError
        If the content is no such table.
    ConfigError
        If an option is not one of its values.
    """
    tell = say or (lambda _: None)
    text = _decode(path, content, options.encoding)
    skipped, is_remark = above or 0, False
    if above is None:
        skipped, text, is_remark = _skip_remarks(text)
    delimiter = _delimiter(text, options.delimiter)
    head = list(islice(_rows(path, text, delimiter, skipped), _HEAD))
    if not head:
        raise DataError(f"{path}: empty; needs one line for each sample")
    comma = _decimal_comma(path, options.decimal, head, tell)
    header = _is_header(path, head, options, known, labelled=labelled, comma=comma, tell=tell)
    if is_remark and not header:  # a remark is no sample
        _, _, text = text.partition("\n")
        skipped, head = skipped + 1, head[1:]
    names = tuple(cell.strip() for cell in head[0][1]) if header else ()
    columns = _columns(path, text, delimiter, skipped, head, header=header, comma=comma)

    def place(row: int) -> str:
        rows = _rows(path, text, delimiter, skipped)
        line, _ = next(islice(rows, row + header, None))
        return f"line {line}"

    numbers = [name for name in names if name]
    return Table(path, names, columns, place, number_names(numbers))


def settle(
    path: str,
    content: bytes,
    options: TableOptions = AS_FOUND,
    *,
    known: Sequence[str] = (),
    labelled: bool = True,
    say: Say | None = None,
) -> tuple[TableOptions, bool]:
    """Return options that leave nothing to guess, as :func:`read_text` guesses of the first part.

    Also returned is whether that part has a header; its first line is no remark.
    """
    tell = say or (lambda _: None)
    text = _decode(path, content, options.encoding)
    delimiter = _delimiter(text, options.delimiter)
    head = list(islice(_rows(path, text, delimiter, 0), _HEAD))
    if not head:
        raise DataError(f"{path}: empty; needs one line for each sample")
    comma = _decimal_comma(path, options.decimal, head, tell)
    header = _is_header(path, head, options, known, labelled=labelled, comma=comma, tell=tell)
    settled = replace(
        options,
        header="yes" if header else "no",
        delimiter=DELIMITERS.get(delimiter, delimiter),
        decimal="comma" if comma else "point",
    )
    return settled, header


def _decode(path: str, content: bytes, encoding: str) -> str:
    if encoding == "auto":
        encoding = next((name for bom, name in _BOMS.items() if content.startswith(bom)), "utf-8")
        zeros = content[:400].count(0)
        if encoding == "utf-8" and zeros * 3 > len(content[:400]):
            encoding = "utf-16-be" if content[0] == 0 else "utf-16-le"
    try:
        text = content.decode(encoding)
    except LookupError as error:
        raise ConfigError(f"--encoding {encoding!r}: there is no such encoding") from error
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path}, line {line}: not text in {encoding.upper()} "
            f"({content[error.start : error.start + 1]!r}); name its encoding, e.g. "
            "--encoding latin-1"
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(f"{path}, line {line}: a zero byte; this is no text, and no format known")
    return text.removeprefix("\ufeff")


def _skip_remarks(text: str) -> tuple[int, str, bool]:
    """Take off lines before the table that begin with #; the last one may be its header.

    Returns how many were taken off, what is left, and whether its first line was such a line.
    """
    n_lines = start = last_start = 0
    while text.startswith("#", start):
        n_lines, last_start = n_lines + 1, start
        end = text.find("\n", start)
        start = len(text) if end < 0 else end + 1
    if not n_lines:
        return 0, text, False
    last = text[last_start:start].removesuffix("\n").lstrip("# ").rstrip("\r")
    rest = text[start:]
    delimiter = _delimiter(rest, "auto")
    first = next(filter(str.strip, (line[0] for line in _LINE.finditer(rest))), "").strip("\r\n")
    if len(_split(last, delimiter)) == len(_split(first, delimiter)) > 1:
        return n_lines - 1, f"{last}\n{rest}", True
    return n_lines, rest, False


def _delimiter(text: str, wanted: str) -> str:
    """Return the character that parts the columns; a space stands for runs of spaces."""
    if wanted != "auto":
        found = {"tab": "\t", "\\t": "\t", "space": " "}.get(wanted, wanted)
        if len(found) != 1 or found in '"\r\n':
            raise ConfigError(f"--delimiter {wanted!r}: give one character, tab, space or auto")
        return found
    start = text[: 1 << 16]
    lines = [line for line in start.splitlines() if line.strip()][:_HEAD]
    if len(start) < len(text) and len(lines) > 1:
        lines.pop()  # may be cut off
    widths = {
        delimiter: [len(_split(line, delimiter)) for line in lines] for delimiter in DELIMITERS
    }
    for delimiter, counts in widths.items():
        if counts and counts[0] > 1 and len(set(counts)) == 1:
            return delimiter
    if lines and not any(delimiter in lines[0] for delimiter in "\t;|,"):
        return " " if widths[" "][0] > 1 else ","
    return max("\t;|,", key=lines[0].count) if lines else ","


def _split(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return _split_spaces(line)
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line]  # such as a carriage return inside: reading the whole will name the fault


def _split_spaces(line: str) -> list[str]:
    if '"' not in line:
        return line.split()
    cells = re.findall(r'"((?:[^"]|"")*)"(?=\s|$)|(\S+)', line)
    return [plain or quoted.replace('""', '"') for quoted, plain in cells]


def _rows(path: str, text: str, delimiter: str, above: int) -> Iterator[_Row]:
    """Give the lines that are not blank; all must be of one width."""
    width, end = 0, above
    spaces = delimiter == " "
    try:
        lines = (line[0] for line in _LINE.finditer(text))  # only as far as they are asked for
        reader: Any = map(_split_spaces, lines)
        if not spaces:
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
        for row in reader:
            line, end = end + 1, end + 1 if spaces else above + reader.line_num
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            width = width or len(row)
            if width > MAX_COLUMNS:
                raise DataError(
                    f"{path}, line {line}: {width:,} columns, {MAX_COLUMNS:,} is the most; a "
                    "table has a line for each sample"
                )
            if len(row) != width:
                raise DataError(
                    f"{path}, line {line}: {len(row)} columns instead of {width} as before "
                    f"(columns parted by {DELIMITERS.get(delimiter, delimiter)}; --delimiter "
                    "names another)"
                )
            yield line, row
    except csv.Error as error:
        raise DataError(f"{path}, after line {end}: {error}") from error


def _decimal_comma(path: str, wanted: str, head: Sequence[_Row], tell: Say) -> bool:
    if wanted not in ("auto", "point", "comma"):
        raise ConfigError(f"--decimal must be point, comma or auto, got {wanted!r}")
    if wanted != "auto":
        return wanted == "comma"
    cells = [cell.strip() for _, row in head for cell in row]
    comma = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?", re.ASCII)
    with_comma = [cell for cell in cells if "," in cell and comma.fullmatch(cell)]
    if not with_comma or any("." in cell and NUMBER.fullmatch(cell) for cell in cells):
        return False
    tell(
        f"{path}: numbers such as {with_comma[0]} are read with a decimal comma; --decimal point "
        "if they are not"
    )
    return True


def _is_header(
    path: str,
    head: Sequence[_Row],
    options: TableOptions,
    known: Sequence[str],
    *,
    labelled: bool,
    comma: bool,
    tell: Say,
) -> bool:
    """Tell whether the first line names the columns, and say so where it is a guess."""
    if options.header not in ("auto", "yes", "no"):
        raise ConfigError(f"--header must be yes, no or auto, got {options.header!r}")
    if options.header != "auto":
        return options.header == "yes"
    line, first = head[0]
    cells = TextColumn(first, decimal_comma=comma)
    names, below = cells.texts, [row for _, row in head[1:]]
    is_number = [bool(NUMBER.fullmatch(name)) for name in names]
    label = options.label
    has_known = not set(known) <= {"0", "1"} and set(known) <= set(names)  # 0,1 may be a sample
    if has_known or (label in names and not str(label).isdecimal()):
        return True
    shown = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
    as_names = f"{path}: line {line} ({shown}) is taken for the names of the columns"
    if _counts_columns(names, is_number, below, labelled=labelled):
        tell(f"{as_names}; --header no if it is a sample")
        return True
    if not any(is_number):
        columns = [TextColumn(column, decimal_comma=comma) for column in zip(*below, strict=True)]
        if not any(_has_numbers(column) for column in columns):
            tell(f"{as_names}, though no column holds numbers; --header no if it is a sample")
        return True
    header = _text_over_numbers(names, below, comma=comma)
    no_header = f"{path}: no header, line {line} ({shown}) is a sample; --header yes if it is not"
    tell(f"{as_names}; --header no if it is a sample" if header else no_header)
    return header


def _counts_columns(
    names: Sequence[str],
    is_number: Sequence[bool],
    below: Sequence[Sequence[str]],
    *,
    labelled: bool,
) -> bool:
    """Whether a line reads 0,1,2,… or 1,2,3,…, but for a name of labels or an empty corner."""
    start = 1 if names[0] == "" and len(names) > 1 else 0
    rest = names[start:]
    other = [name for name, number in zip(rest, is_number[start:], strict=True) if not number]
    if any(name.lower() not in LABEL_NAMES for name in other):
        return False
    numbers = [int(name) for name in rest if re.fullmatch(r"0|[1-9]\d{0,8}", name)]
    if len(numbers) + len(other) != len(rest) or len(numbers) < 1:
        return False
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))) or numbers[0] > 1:
        return False
    if other or start or len(numbers) > 2:
        return bool(below)
    # 0,1 alone may as well be a sample of truth values
    return (
        not labelled
        and len(numbers) == 2
        and any(cell.strip() not in ("0", "1") for row in below for cell in row)
    )


def _has_numbers(column: TextColumn) -> bool:
    there = [text for text in column.texts if not is_missing(text)]
    return bool(there) and all(NUMBER.fullmatch(text) for text in there)


def _text_over_numbers(
    names: Sequence[str], below: Sequence[Sequence[str]], *, comma: bool
) -> bool:
    """Whether the line has texts where all lines below have numbers: for the most, or at an end.

    One such cell in the middle is rather a sample with a fault.
    """
    if not below:
        return False
    columns = [TextColumn(column, decimal_comma=comma) for column in zip(*below, strict=True)]
    odd = [
        not NUMBER.fullmatch(name) and not is_missing(name) and _has_numbers(column)
        for name, column in zip(names, columns, strict=True)
    ]
    return sum(odd) * 2 > len(odd) or odd[-1] or (odd[0] and names[0].lower() in LABEL_NAMES)


def _columns(
    path: str,
    text: str,
    delimiter: str,
    line: int,
    head: Sequence[_Row],
    *,
    header: bool,
    comma: bool,
) -> tuple[Column, ...]:
    width = len(head[0][1])
    if delimiter != " " and len(text) >= _LARGE * max(1, width / _MANY_COLUMNS):
        fast = _read_fast(text, delimiter, head, header=header, comma=comma)
        if fast is not None:
            return fast
    rows = [row for _, row in _rows(path, text, delimiter, line)][header:]
    if not rows:
        raise DataError(f"{path}: no samples, only a header")
    return tuple(TextColumn(cells, decimal_comma=comma) for cells in zip(*rows, strict=True))


class _ArrowTexts:
    """A text that Arrow parses, again where its cells are asked for as they are written."""

    def __init__(self, text: str, delimiter: str, width: int, *, header: bool, comma: bool) -> None:
        self._data = text.encode()
        self._delimiter, self._header, self.decimal_comma = delimiter, header, comma
        self._newlines = '"' in text
        self.names = [f"f{i}" for i in range(width)]
        self._every: Any = None
        self._n_asked = 0

    def read(self, numbers: Collection[str] = (), only: Sequence[str] | None = None) -> Any:
        """Return the columns, or some: as numbers those that are named, as texts all others."""
        import pyarrow as pa  # noqa: PLC0415 - for large files only
        from pyarrow import csv as arrow_csv  # noqa: PLC0415

        types = {name: pa.float64() if name in numbers else pa.string() for name in self.names}
        table = arrow_csv.read_csv(
            pa.BufferReader(self._data),
            read_options=arrow_csv.ReadOptions(
                column_names=self.names,
                block_size=1 << 21,
                skip_rows_after_names=int(self._header and bool(numbers)),
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self._delimiter, newlines_in_values=self._newlines
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=types,
                include_columns=only,
                strings_can_be_null=False,
                check_utf8=False,  # it was decoded just before
            ),
        )
        return table if numbers else table.slice(int(self._header))

    def texts(self, name: str) -> list[str]:
        """Return the cells of a column; from the second one on, all are read together."""
        self._n_asked += 1
        if self._every is None and self._n_asked == 1:
            found = self.read(only=[name])
        else:
            self._every = self.read() if self._every is None else self._every
            found = self._every
        texts: list[str] = found[name].to_pylist()
        return texts


class _ArrowColumn:
    """Cells of a text in Arrow's memory; they become Python's only where that is needed."""

    def __init__(self, cells: Any, source: _ArrowTexts, name: str) -> None:
        self._cells = cells
        self._source, self._name = source, name

    @property
    def texts(self) -> list[str]:
        """See :attr:`Column.texts`."""
        return self._plain.texts

    @cached_property
    def _plain(self) -> TextColumn:
        import pyarrow as pa  # noqa: PLC0415

        is_text = pa.types.is_string(self._cells.type)
        cells = self._cells.to_pylist() if is_text else self._source.texts(self._name)
        return TextColumn(cells, decimal_comma=self._source.decimal_comma)

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """See :attr:`Column.numbers`."""
        import pyarrow as pa  # noqa: PLC0415

        try:
            found: NDArray[np.float64] = self._cells.cast(pa.float64()).to_numpy()
        except pa.ArrowInvalid:
            return self._plain.numbers
        return self._plain.numbers if np.isinf(found).any() else found  # to Arrow, inf is one


def _read_fast(
    text: str, delimiter: str, head: Sequence[_Row], *, header: bool, comma: bool
) -> tuple[Column, ...] | None:
    """Read with Arrow; None if it is not there or finds a fault, which the slow way then names.

    Columns whose first cells are numbers are read as such; where a cell is none, as texts.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415
    except ImportError:
        return None
    source = _ArrowTexts(text, delimiter, len(head[0][1]), header=header, comma=comma)
    first = zip(*(row for _, row in head[header:][:_PEEK]), strict=True)
    numbers = [
        name
        for name, cells in zip(source.names, first, strict=False)  # there may be no row
        if all(NUMBER.fullmatch(cell.strip()) for cell in cells)
    ]
    plain = not comma and not text[:1].isspace()  # a blank line would count as the header
    for wanted in (numbers, ()) if plain and numbers else ((),):
        try:
            table = source.read(wanted)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            continue
        if not table.num_rows:
            return None
        return tuple(_ArrowColumn(table[name], source, name) for name in source.names)
    return None
