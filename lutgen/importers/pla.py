"""PLA, the format of two-level logic: espresso's types f, fd, fr and fdr.

R. Rudell, "espresso(5)", University of California, Berkeley, 1985. With 16 inputs at most, each
output is one LUT, and entries that are don't-cares, or not given, count as not seen: lutgen may
choose their values. With more inputs each output is an OR of ANDs, and is 0 where it is not 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lutgen.bits import MAX_FAN_IN
from lutgen.errors import ModelError
from lutgen.importers.blif import add_products, union
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Request
from lutgen.importers.logic import CLASSES, finish
from lutgen.importers.luts import LutBuilder
from lutgen.netlist.tables import ones

TYPES = ("f", "fd", "fr", "fdr")
_IDLE = {".p", ".e", ".end"}
_START = re.compile(r"\s*(?:#[^\n]*\n\s*)*\.(?:i|o|type|ilb|ob|p) ")
_SIZES = re.compile(r"^\s*\.[io]\s+\d+\s*$", re.MULTILINE)
_MOST_BYTES = 1 << 28
_ON, _OFF, _FREE = "1", "0", "-"


def recognises(content: Content) -> bool:
    """Return whether a text begins as a PLA file does, and tells inputs and outputs."""
    head = content.head.decode("utf-8", "replace")
    return _START.match(head) is not None and len(_SIZES.findall(head)) == 2


@dataclass
class _Pla:
    n_inputs: int = 0
    n_outputs: int = 0
    kind: str = "fd"
    names: dict[str, list[str]] = field(default_factory=dict)
    rows: list[tuple[str, str]] = field(default_factory=list)

    def take(self, line: str) -> None:
        """Take a line that says something."""
        words = line.split()
        match words:
            case [".i" | ".o" as keyword, number] if number.isdecimal() and len(number) < 9:
                name = "n_inputs" if keyword == ".i" else "n_outputs"
                if self.rows or not int(number):
                    raise ModelError(
                        f"{keyword} {number} must stand before the rows, and be above 0"
                    )
                setattr(self, name, int(number))
            case [".type", kind] if kind in TYPES:
                self.kind = kind
            case [".ilb" | ".ob" as keyword, *names]:
                self.names[keyword] = names
            case [keyword, *_] if keyword.startswith("."):
                if keyword not in _IDLE:
                    raise ModelError(
                        f"{line[:40]!r} is not read; .i, .o, .ilb, .ob, .p, .type f, fd, fr or fdr "
                        "and .e are"
                    )
            case _:
                self._take_row("".join(words).replace("|", ""))

    def _take_row(self, row: str) -> None:
        cube, values = row[: self.n_inputs].replace("2", "-"), row[self.n_inputs :]
        values = values.replace("2", "-").replace("4", "1").replace("3", "~")
        if len(row) != self.n_inputs + self.n_outputs or not row:
            raise ModelError(
                f"{row[:60]!r} has {len(row)} signs; {self.n_inputs} inputs and {self.n_outputs} "
                "outputs take one each"
            )
        if cube.strip("01-") or values.strip("01-~"):
            raise ModelError(f"{row[:60]!r} has other signs than 0, 1, - and ~")
        self.rows.append((cube, values))

    def cubes(self, output: int, sign: str) -> list[str]:
        """Return the cubes in whose rows an output has a sign."""
        return [cube for cube, values in self.rows if values[output] == sign]


def read(request: Request) -> Imported:
    """Read two-level logic; see :class:`~lutgen.importers.format.Format`."""
    text = request.content.text
    if text is None:
        raise ModelError("it is no text")
    pla = _Pla()
    for number, line in enumerate(text.split("\n"), 1):
        own = line.partition("#")[0].strip()
        if own in (".e", ".end"):
            break
        if not own:
            continue
        try:
            pla.take(own)
        except ModelError as error:
            raise ModelError(f"line {number}: {error}") from error
    luts = LutBuilder(pla.n_inputs)
    if not pla.n_outputs:
        raise ModelError("it has no outputs (.o)")
    n_bytes = 3 * pla.n_outputs << pla.n_inputs >> 3 if pla.n_inputs <= MAX_FAN_IN else None
    if n_bytes is not None and n_bytes <= max(_MOST_BYTES, 10 * len(text)):
        outputs = [_add_table(luts, pla, output) for output in range(pla.n_outputs)]
        notes = _notes(luts, pla)
    else:
        outputs = [
            add_products(luts, pla.cubes(output, _ON), luts.inputs)
            for output in range(pla.n_outputs)
        ]
        notes = [f"with {pla.n_inputs} inputs, what is not given as 1 counts as 0"]
    return finish(luts, outputs, *_names(pla), request, notes)


def _add_table(luts: LutBuilder, pla: _Pla, output: int) -> int:
    """Add the table of an output with what is given of it."""
    on = union(pla.cubes(output, _ON))
    every = ones(pla.n_inputs)
    off = union(pla.cubes(output, _OFF)) if "r" in pla.kind else 0
    if on & off:
        address = (on & off & -(on & off)).bit_length() - 1
        inputs = f"{address:0{pla.n_inputs}b}"[::-1]
        raise ModelError(f"output {output} is given as 1 and as 0 at inputs {inputs}")
    match pla.kind:
        case "f":
            seen = every
        case "fd":
            seen = every ^ (union(pla.cubes(output, _FREE)) & ~on)
        case _:
            seen = on | off
    return luts.add_partial(on, seen, luts.inputs)


def _notes(luts: LutBuilder, pla: _Pla) -> list[str]:
    free = luts.n_unseen
    if not free:
        return []
    return [
        f"{free:,} of {pla.n_outputs << pla.n_inputs:,} entries are don't-cares: their value is 0 "
        "here, and free for lutgen to choose"
    ]


def _names(pla: _Pla) -> tuple[list[str], list[str]]:
    names = pla.names.get(".ilb", []), pla.names.get(".ob", [])
    for found, n, keyword in zip(
        names, (pla.n_inputs, pla.n_outputs), (".ilb", ".ob"), strict=True
    ):
        if found and len(found) != n:
            raise ModelError(f"{keyword} names {len(found)} of {n}")
    return names


FORMATS = (Format("pla", "PLA, two-level logic (.pla)", recognises, read, (CLASSES,)),)
