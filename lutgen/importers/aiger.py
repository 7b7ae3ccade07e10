"""AIGER, the format of and-inverter graphs, ASCII and binary.

A. Biere, K. Heljanko, S. Wieringa, "AIGER 1.9 and beyond", Johannes Kepler University Linz, 2011.
Each AND becomes a LUT of two inputs, which holds the inverters in front of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Request
from lutgen.importers.logic import CLASSES, build, finish
from lutgen.importers.luts import MAX_INPUTS, LutBuilder
from lutgen.netlist.ir import CONST0

_HEADER = re.compile(rb"(aig|aag)((?: \d{1,15}){5,9})[ \r]*\n")
_BEYOND = ("bad states", "constraints", "justice properties", "fairness constraints")
_SYMBOL = re.compile(r"([ilobcjf])(\d{1,15}) (.*)")
_AND = (0b1000, 0b0100, 0b0010, 0b0001)  # of a and b; + 1: a inverted; + 2: b inverted


def recognises(content: Content) -> bool:
    """Return whether a file begins as AIGER does."""
    return _HEADER.match(content.head) is not None


@dataclass(frozen=True)
class _File:
    """A graph as it stands in a file: literal 2v is variable v, 2v + 1 its complement."""

    inputs: NDArray[np.int64]
    outputs: NDArray[np.int64]
    ands: NDArray[np.int64]  # rows: AND, and its two inputs
    symbols: dict[str, str]


def read(request: Request) -> Imported:
    """Read a graph; see :class:`~lutgen.importers.format.Format`."""
    file = _parse(request.content.data)
    luts, outputs = _build(file)
    names = [
        [file.symbols.get(f"{kind}{place}", f"{kind}{place}") for place in range(n)]
        if any(symbol.startswith(kind) for symbol in file.symbols)
        else []
        for kind, n in (("i", file.inputs.size), ("o", file.outputs.size))
    ]
    return finish(luts, outputs, names[0], names[1], request)


def _parse(data: bytes) -> _File:
    header = _HEADER.match(data)
    if header is None:
        raise ModelError("it does not begin as AIGER does: aig or aag and five numbers")
    counts = [int(word) for word in header[2].split()]
    largest, n_inputs, n_latches, n_outputs, n_ands = counts[:5]
    for count, what in zip(counts[5:], _BEYOND, strict=False):
        if count:
            raise ModelError(f"it has {count} {what}, which are not read")
    is_binary = header[1] == b"aig"
    if n_latches:
        raise ModelError(
            f"it has {n_latches} latches{_latch_names(data)}; only combinational logic can be "
            "imported"
        )
    if is_binary and largest != n_inputs + n_ands:
        raise ModelError(f"{largest} variables, but {n_inputs} inputs and {n_ands} ANDs")
    # an output or an input takes two bytes at least, an AND two in binary
    if n_outputs + n_ands + (0 if is_binary else n_inputs) > len(data):
        raise ModelError(f"its header tells of more than its {len(data):,} bytes can hold")
    if n_inputs > MAX_INPUTS:
        raise ModelError(f"it has {n_inputs:,} inputs; {MAX_INPUTS:,} is the most")
    reader = _binary if is_binary else _ascii
    inputs, outputs, ands, end = reader(data, header.end(), n_inputs, n_outputs, n_ands)
    for literals, what in ((outputs, "an output"), (ands.ravel(), "an AND"), (inputs, "an input")):
        if literals.size and (literals.min() < 0 or literals.max() > 2 * largest + 1):
            raise ModelError(f"{what} is of a literal above {2 * largest + 1}")
    return _File(inputs, outputs, ands, dict(_symbols(data[end:])))


def _lines(data: bytes, place: int, n_lines: int, width: int) -> tuple[NDArray[np.int64], int]:
    """Return lines of so many numbers each, and the place behind them."""
    end = place
    for _ in range(n_lines):
        end = data.find(b"\n", end) + 1
        if not end:
            raise ModelError("it ends before all that its header tells of")
    words = data[place:end].split()
    if len(words) != n_lines * width or not all(word.isdigit() for word in words):
        raise ModelError(f"byte {place}: expected {n_lines} lines of {width} number(s)")
    if max(map(len, words), default=0) > 15:
        raise ModelError(f"byte {place}: a literal has more than 15 digits")
    return np.array(words, dtype=np.int64).reshape(n_lines, width), end


_Parts = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int]


def _ascii(data: bytes, place: int, n_inputs: int, n_outputs: int, n_ands: int) -> _Parts:
    inputs, place = _lines(data, place, n_inputs, 1)
    outputs, place = _lines(data, place, n_outputs, 1)
    ands, place = _lines(data, place, n_ands, 3)
    return inputs[:, 0], outputs[:, 0], ands, place


def _binary(data: bytes, place: int, n_inputs: int, n_outputs: int, n_ands: int) -> _Parts:
    outputs, place = _lines(data, place, n_outputs, 1)
    octets = np.frombuffer(data, np.uint8, offset=place)
    ends = np.flatnonzero(octets[: 20 * n_ands] < 0x80)[: 2 * n_ands]
    if ends.size < 2 * n_ands:
        raise ModelError(f"it ends, or is damaged, before the last of its {n_ands:,} ANDs")
    n_octets = int(ends[-1]) + 1 if ends.size else 0
    starts = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64)[: ends.size]
    shift = np.arange(n_octets) - np.repeat(starts, ends - starts + 1)
    if n_octets and shift.max() > 6:
        raise ModelError("a difference between literals has more than 49 bits")
    values = (octets[:n_octets].astype(np.int64) & 0x7F) << 7 * shift
    deltas = np.add.reduceat(values, starts) if n_octets else np.zeros(0, np.int64)
    own = 2 * (n_inputs + 1 + np.arange(n_ands, dtype=np.int64))
    first = own - deltas[::2]
    second = first - deltas[1::2]
    if n_ands and (deltas[::2].min() < 1 or second.min() < 0):
        number = int(np.argmax((deltas[::2] < 1) | (second < 0)))
        raise ModelError(f"AND {number} reads a literal that is not of an earlier one")
    inputs = 2 * (1 + np.arange(n_inputs, dtype=np.int64))
    return inputs, outputs[:, 0], np.stack([own, first, second], axis=1), place + n_octets


def _symbols(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield names of inputs and outputs from what stands behind the ANDs, up to the comment."""
    for line in data.split(b"\n"):
        if line.rstrip(b"\r") == b"c":
            return
        found = _SYMBOL.fullmatch(line.decode("utf-8", "replace").rstrip("\r"))
        if found:
            yield found[1] + found[2], found[3]
        elif line.strip():
            raise ModelError(
                f"{line[:40]!r} stands where the names of inputs and outputs or a comment belong"
            )


def _latch_names(data: bytes) -> str:
    found = re.findall(rb"^l\d+ (.+)$", data, re.MULTILINE)[:3]
    names = ", ".join(name.decode("utf-8", "replace").strip() for name in found)
    return f" ({names}, …)" if names else ""


def _build(file: _File) -> tuple[LutBuilder, list[int]]:
    rows = file.ands
    n_inputs = file.inputs.size
    ordered = 2 * (n_inputs + 1 + np.arange(len(rows)))
    plain = 2 * (1 + np.arange(n_inputs))
    if (
        not np.array_equal(file.inputs, plain)
        or not np.array_equal(rows[:, 0], ordered)
        or (rows[:, 1:] >= rows[:, :1]).any()
    ):
        return _build_in_any_order(file)
    luts = LutBuilder(n_inputs)
    nets = [CONST0, *luts.inputs]
    for _, a, b in rows.tolist():
        table = _AND[(a & 1) + 2 * (b & 1)]
        nets.append(luts.add(table, (nets[a >> 1], nets[b >> 1])))
    outputs = []
    for literal in file.outputs.tolist():
        if literal >> 1 >= len(nets):
            raise ModelError(f"an output is of literal {literal}, which nothing drives")
        net = nets[literal >> 1]
        outputs.append(luts.invert(net) if literal & 1 else net)
    return luts, outputs


def _build_in_any_order(file: _File) -> tuple[LutBuilder, list[int]]:
    """Build the ASCII form's freedom: variables of any number, ANDs in any order."""
    if (file.inputs & 1).any() or (file.ands[:, 0] & 1).any():
        raise ModelError("an input or an AND is called by an odd literal, a complement")
    reads: dict[str, tuple[str, ...]] = {"0": ()}
    tables: dict[str, int] = {"0": 0}

    def add(name: str, table: int, *names: str) -> None:
        if reads.setdefault(name, names) != names or tables.setdefault(name, table) != table:
            raise ModelError(f"literal {name} is driven twice")

    for own, a, b in file.ands.tolist():
        if str(own) in reads:
            raise ModelError(f"literal {own} is driven twice")
        add(str(own), _AND[(a & 1) + 2 * (b & 1)], str(a & ~1), str(b & ~1))
    outputs = []
    for literal in file.outputs.tolist():
        if literal & 1:
            add(str(literal), 0b01, str(literal & ~1))
        outputs.append(str(literal))
    inputs = [str(literal) for literal in file.inputs.tolist()]
    return build(inputs, reads, outputs, lambda luts, name, nets: luts.add(tables[name], nets))


FORMATS = (Format("aiger", "AIGER (.aig, .aag)", recognises, read, (CLASSES,)),)
