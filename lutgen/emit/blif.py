"""From the netlist to BLIF, the language of logic-synthesis tools (ABC, SIS, VTR, Yosys).

BLIF: Berkeley Logic Interchange Format, University of California, Berkeley, 1992. A LUT is a
``.names`` with a line for each entry of its on-set or of its off-set, whichever is smaller; a
register is a rising-edge ``.latch``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import compress

from lutgen.netlist.ir import CONST0, CONST1, LUT, REGISTER, Cell, Netlist
from lutgen.netlist.tables import cofactor, ones
from lutgen.text import in_comment

_UNKNOWN = 3  # initial value of a latch
_MAX_FAN_IN = 12  # Yosys reads no wider .names; such a LUT is written in halves and a multiplexer


def emit_blif(netlist: Netlist, *, model: str = "lutgen_core", header: Sequence[str] = ()) -> str:
    """Return a netlist as BLIF.

    Inputs are ``clk`` (only if there are registers) and ``x[i]``, outputs ``y[i]``; other signals
    bear the names of the cells. Primitives are written as what they compute.
    """
    inputs = ["clk"] if netlist.count(REGISTER) else []
    inputs += [f"x[{i}]" for i in range(netlist.n_inputs)]
    lines = [f"# {in_comment(line)}".rstrip() for line in header]
    lines.append(f".model {model}")
    lines += _wrapped(".inputs", inputs)
    lines += _wrapped(".outputs", [f"y[{i}]" for i in range(len(netlist.outputs))])
    names = ["CONST0", "CONST1"] + [netlist.net_name(net) for net in range(2, netlist.n_nets)]
    lines += _constants(netlist)
    for cell in netlist.cells:
        lines += _cell_lines(cell, [names[net] for net in cell.inputs])
    for i, net in enumerate(netlist.outputs):
        lines += [f".names {names[net]} y[{i}]", "1 1"]
    return "\n".join([*lines, ".end", ""])


def _constants(netlist: Netlist) -> Iterator[str]:
    read = {net for cell in netlist.cells for net in cell.inputs}.union(netlist.outputs)
    if CONST0 in read:
        yield ".names CONST0"
    if CONST1 in read:
        yield from (".names CONST1", "1")


def _cell_lines(cell: Cell, reads: list[str]) -> Iterator[str]:
    if cell.kind != LUT:
        yield f".latch {reads[0]} {cell.name} re clk {_UNKNOWN}"
        return
    yield from _names(cell.init, reads, cell.name)


def _names(table: int, reads: list[str], name: str) -> Iterator[str]:
    k = len(reads)
    if k > _MAX_FAN_IN:
        parts = [f"{name}.0", f"{name}.1"]
        for value, part in enumerate(parts):
            yield from _names(cofactor(table, k, k - 1, value), reads[:-1], part)
        yield from (f".names {reads[-1]} {parts[0]} {parts[1]} {name}", "01- 1", "1-1 1")
        return
    yield f".names {' '.join(reads)} {name}"
    if table in (0, ones(k)):  # by a line: Yosys takes a table without lines for unknown
        yield "-" * k + f" {table & 1}"
        return
    on_set = 2 * table.bit_count() <= 1 << k
    if not on_set:
        table ^= ones(k)
    bits = f"{table:b}"[::-1]
    yield from compress(_rows(k, on_set), map("1".__eq__, bits))


@cache
def _rows(k: int, on_set: bool) -> tuple[str, ...]:
    """Return the line of every address of a table: the inputs, input 0 first, and the output."""
    return tuple(f"{address:0{k}b}"[::-1] + f" {on_set:d}" for address in range(1 << k))


def _wrapped(keyword: str, names: list[str]) -> Iterator[str]:
    """Yield a list over lines of moderate length, each but the last ending in a backslash."""
    for start in range(0, len(names), 16):
        part = " ".join(names[start : start + 16])
        more = " \\" if start + 16 < len(names) else ""
        yield f"{keyword if start == 0 else ' '} {part}{more}"
