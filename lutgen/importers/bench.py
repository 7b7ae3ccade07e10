"""ISCAS's .bench: gates by name, and ABC's ``LUT 0x…`` with input 0 as lowest address bit.

F. Brglez, H. Fujiwara, "A neutral netlist of 10 combinational benchmark circuits", ISCAS 1985.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lutgen.bits import MAX_FAN_IN
from lutgen.errors import ModelError
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Request
from lutgen.importers.logic import CLASSES, build, finish
from lutgen.importers.luts import LutBuilder
from lutgen.netlist.ir import CONST0, CONST1

_PORT = re.compile(r"(INPUT|OUTPUT)\s*\(\s*([^\s(),=]+)\s*\)", re.IGNORECASE)
_GATE = re.compile(r"([^\s(),=]+)\s*=\s*(\w+)\s*(?:(0x[0-9a-fA-F]+)\s*)?\(([^()]*)\)")
_CONSTANT = re.compile(r"([^\s(),=]+)\s*=\s*(vdd|gnd)", re.IGNORECASE)
_START = re.compile(r"\s*(?:#[^\n]*\n\s*)*(?:INPUT|OUTPUT)\s*\(", re.IGNORECASE)

_Add = Callable[[LutBuilder, list[int]], int]


def _all(luts: LutBuilder, nets: list[int]) -> int:
    return luts.all_of((net, True) for net in nets)


def _any(luts: LutBuilder, nets: list[int]) -> int:
    return luts.any_of((net, True) for net in nets)


def _odd(luts: LutBuilder, nets: list[int]) -> int:
    return luts.parity(nets)


_GATES: dict[str, tuple[_Add, bool]] = {
    "AND": (_all, False), "NAND": (_all, True), "OR": (_any, False), "NOR": (_any, True),
    "XOR": (_odd, False), "XNOR": (_odd, True), "BUF": (_all, False), "BUFF": (_all, False),
    "NOT": (_all, True), "INV": (_all, True),
}  # fmt: skip
_OF_ONE = ("BUF", "BUFF", "NOT", "INV")


def recognises(content: Content) -> bool:
    """Return whether a text begins as .bench does."""
    return _START.match(content.head.decode("utf-8", "replace")) is not None


def read(request: Request) -> Imported:
    """Read gates; see :class:`~lutgen.importers.format.Format`."""
    if request.content.text is None:
        raise ModelError("it is no text")
    ports: dict[str, list[str]] = {"INPUT": [], "OUTPUT": []}
    gates: dict[str, tuple[str, str]] = {}
    reads: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(request.content.text.split("\n"), 1):
        own = line.partition("#")[0].strip()
        if not own:
            continue
        if port := _PORT.fullmatch(own):
            ports[port[1].upper()].append(port[2])
            continue
        name, gate, names = _parse(own, number)
        if name in reads:
            raise ModelError(f"line {number}: {name} is driven twice")
        gates[name], reads[name] = gate, names

    def add(luts: LutBuilder, name: str, nets: list[int]) -> int:
        return _add(luts, *gates[name], nets)

    luts, outputs = build(ports["INPUT"], reads, ports["OUTPUT"], add)
    return finish(luts, outputs, ports["INPUT"], ports["OUTPUT"], request)


def _parse(line: str, number: int) -> tuple[str, tuple[str, str], tuple[str, ...]]:
    """Return the name of a signal, its gate with a table if it has one, and what it reads."""
    if constant := _CONSTANT.fullmatch(line):
        return constant[1], (constant[2].upper(), ""), ()
    found = _GATE.fullmatch(line)
    if not found:
        raise ModelError(f"line {number}: {line[:60]!r} is neither a port nor a gate")
    names = tuple(name.strip() for name in found[4].split(","))
    gate, table = found[2].upper(), found[3] or ""
    if not all(names) or any(" " in name for name in names):
        raise ModelError(f"line {number}: {line[:60]!r} must list signals with commas between them")
    if gate == "LUT":
        k = len(names)
        if k > MAX_FAN_IN or not table or int(table, 16) >> (1 << k):
            raise ModelError(
                f"line {number}: a LUT of {k} inputs needs a table of {1 << min(k, 16)} bits, and "
                f"{MAX_FAN_IN} inputs at most; found {table[:40] or 'none'}"
            )
    elif gate not in _GATES or table:
        raise ModelError(
            f"line {number}: {gate[:40]} is no combinational gate; known are LUT 0x…, "
            f"{', '.join(_GATES)}, vdd and gnd"
        )
    elif gate in _OF_ONE and len(names) != 1:
        raise ModelError(f"line {number}: {gate} reads one signal, not {len(names)}")
    return found[1], (gate, table), names


def _add(luts: LutBuilder, gate: str, table: str, nets: list[int]) -> int:
    if gate in ("VDD", "GND"):
        return CONST1 if gate == "VDD" else CONST0
    if gate == "LUT":
        return luts.add(int(table, 16), nets)
    add, is_inverted = _GATES[gate]
    net = add(luts, nets)
    return luts.invert(net) if is_inverted else net


FORMATS = (Format("bench", "ISCAS .bench", recognises, read, (CLASSES,)),)
