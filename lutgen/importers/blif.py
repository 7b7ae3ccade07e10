"""BLIF, the language of logic-synthesis tools: the tables of one combinational model.

BLIF: Berkeley Logic Interchange Format, University of California, Berkeley, 1992. A ``.names`` of
16 inputs at most becomes a LUT, a wider one an OR of ANDs. What has no meaning for a function
(areas, delays, attributes) is passed over; what is stored elsewhere, or remembers, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from lutgen.bits import MAX_FAN_IN
from lutgen.errors import ModelError
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Request
from lutgen.importers.logic import CLASSES, build, finish
from lutgen.importers.luts import LutBuilder
from lutgen.netlist.tables import ones

_IDLE = {
    ".area", ".attr", ".cname", ".default_input_arrival", ".default_input_drive",
    ".default_max_input_load", ".default_output_load", ".default_output_required", ".delay",
    ".input_arrival", ".input_drive", ".max_input_load", ".output_load", ".output_required",
    ".param", ".wire", ".wire_load_slope",
}  # fmt: skip
_REFUSED = {
    ".latch": "a latch", ".mlatch": "a latch", ".clock": "a clock", ".subckt": "another model",
    ".gate": "a gate of a library", ".search": "another file", ".start_kiss": "a state machine",
    ".barbuf": "a buffer with a name of its own", ".blackbox": "no logic of its own",
}  # fmt: skip
_START = re.compile(r"\s*(?:#[^\n]*\n\s*)*\.(?:model|inputs|names)\b")
_SMALL = 1 << 10  # entries of a table that is made of any rows
_FEW = 64  # rows whose table is kept, as others may be the same
_CUBE = re.compile(r"[01-]*")


def recognises(content: Content) -> bool:
    """Return whether a text begins as BLIF does."""
    head = content.head.decode("utf-8", "replace")
    return _START.match(head) is not None and content.text is not None


@dataclass
class _Model:
    """What stands in a file: names, and a cover for each signal that is driven."""

    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    reads: dict[str, tuple[str, ...]] = field(default_factory=dict)
    covers: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def drive(self, words: list[str]) -> list[str]:
        """Add the signal that the last word names, and return its cover, still without rows."""
        if len(words) < 2:
            raise ModelError(f"{words[0]} without a signal")
        keyword, *names, own = words
        if own in self.reads:
            raise ModelError(f"{own} is driven twice")
        self.reads[own] = tuple(names)
        cover = self.covers[own] = ["1 1"] if keyword == ".conn" else []
        return cover


def read(request: Request) -> Imported:
    """Read a model; see :class:`~lutgen.importers.format.Format`."""
    if request.content.text is None:
        raise ModelError("it is no text")
    return import_blif(request.content.text, request)


def import_blif(text: str, request: Request, *notes: str) -> Imported:
    """Return the network of the first model of a BLIF text.

    Raises
    ------
    ModelError
        If it is damaged, not combinational, or made of other models or files.
    """
    model = _Model(notes=list(notes))
    cover: list[str] | None = None
    for number, words in _statements(text):
        if words[0] in (".end", ".exdc"):
            if words[0] == ".exdc":
                model.notes.append(".exdc (don't-cares of outputs) is not used: all stay as given")
            break
        try:
            cover = _take(model, words, cover)
        except ModelError as error:
            raise ModelError(f"line {number}: {error}") from error

    def add(luts: LutBuilder, name: str, nets: list[int]) -> int:
        try:
            return add_cover(luts, model.covers[name], nets)
        except ModelError as error:
            raise ModelError(f".names of {name}: {error}") from error

    luts, found = build(model.inputs, model.reads, model.outputs, add)
    return finish(luts, found, model.inputs, model.outputs, request, model.notes)


def _take(model: _Model, words: list[str], cover: list[str] | None) -> list[str] | None:
    """Take a statement; return the cover that rows may follow for."""
    keyword = words[0]
    if not keyword.startswith("."):
        if cover is None:
            raise ModelError(f"{keyword[:40]!r} belongs to no .names")
        cover.append(" ".join(words))
        return cover
    if keyword in (".names", ".conn"):
        return model.drive(words)
    if keyword == ".inputs":
        model.inputs += words[1:]
    elif keyword == ".outputs":
        model.outputs += words[1:]
    elif keyword in _REFUSED:
        raise ModelError(
            f"{keyword} {' '.join(words[1:3])} is {_REFUSED[keyword]}; only the tables of one "
            "combinational model can be imported (flatten it first)"
        )
    elif keyword != ".model" and keyword not in _IDLE:
        raise ModelError(f"{keyword[:40]} is not known in BLIF")
    return None


def _statements(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield number and words of each line that says something, continued ones as one."""
    words: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        own = line.partition("#")[0].rstrip()
        is_continued = own.endswith("\\")
        words += own.rstrip("\\").split()
        if words and not is_continued:
            yield number, words
            words = []
    if words:
        yield number, words


def add_cover(luts: LutBuilder, rows: Sequence[str], nets: list[int]) -> int:
    """Return the net of a cover: rows of a cube and the value that it has there.

    It is one LUT where its table takes no more than ten times the memory of its rows.
    """
    k = len(nets)
    cubes, value = _parse_cover(rows, k)
    if k <= MAX_FAN_IN and 1 << k <= max(_SMALL, 80 * len(rows) * (k + 3)):
        return luts.add(_table(cubes) ^ (0 if value else ones(k)), nets)
    net = add_products(luts, cubes, nets)
    return net if value else luts.invert(net)


def add_products(luts: LutBuilder, cubes: Iterable[str], nets: Sequence[int]) -> int:
    """Return the OR of products of literals, each net of which is 0, 1 or - in a cube."""
    products = {
        luts.all_of((net, bit == "1") for net, bit in zip(nets, cube, strict=True) if bit != "-")
        for cube in cubes
    }
    return luts.any_of((net, True) for net in products)


def _parse_cover(rows: Sequence[str], k: int) -> tuple[tuple[str, ...], bool]:
    """Return the cubes, and the value that they have; no rows are the constant 0."""
    cubes, values = [], set()
    for row in rows:
        *parts, value = row.split()
        cube = "".join(parts)
        if len(parts) > 1 or len(cube) != k or not _CUBE.fullmatch(cube) or value not in "01":
            raise ModelError(f"{row[:60]!r} is no row for {k} inputs: 0, 1 or - for each, 0 or 1")
        cubes.append(cube)
        values.add(value)
    if len(values) > 1:
        raise ModelError("rows of value 0 and of value 1 in one table")
    return tuple(cubes), values != {"0"}


def _table(cubes: tuple[str, ...]) -> int:
    """Return the table that is one in cubes."""
    return _small_table(cubes) if len(cubes) <= _FEW else union(cubes)


def union(cubes: Iterable[str]) -> int:
    """Return the table that is one in cubes."""
    table = 0
    for cube in cubes:
        table |= cube_table(cube)
    return table


_small_table = lru_cache(maxsize=1 << 12)(union)


def cube_table(cube: str) -> int:
    """Return the table of a product of literals, 0, 1 or - a character."""
    table = 1
    for j, bit in enumerate(cube):
        if bit == "1":
            table <<= 1 << j
        elif bit == "-":
            table |= table << (1 << j)
    return table


FORMATS = (Format("blif", "BLIF (.blif)", recognises, read, (CLASSES,)),)
