"""The rules of a netlist, checked all at once."""

from __future__ import annotations

from collections.abc import Iterator

from lutgen.bits import MAX_FAN_IN
from lutgen.errors import NetlistError
from lutgen.netlist.ir import CORE, FIRST_INPUT, LUT, PARTS, REGISTER, Cell, Netlist
from lutgen.netlist.names import is_net_name

_MAX_FAULTS = 20


def check(netlist: Netlist) -> None:
    """Check that a netlist keeps the rules of :mod:`lutgen.netlist.ir`.

    Raises
    ------
    NetlistError
        If it does not; the message lists every fault with its cell, the first 20 in words.
    """
    faults = list(_faults(netlist))
    if faults:
        more = len(faults) - _MAX_FAULTS
        listed = faults[:_MAX_FAULTS] + ([f"and {more} more"] if more > 0 else [])
        raise NetlistError(f"netlist with {len(faults)} fault(s): " + "; ".join(listed))


def _faults(netlist: Netlist) -> Iterator[str]:
    names: set[str] = set()
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        if not is_net_name(cell.name):
            yield (
                f"cell {cell.name!r}: not a legal name (lower-case letters, digits and _, "
                "no keyword of Verilog, none of clk, x, y)"
            )
        elif cell.name in names:
            yield f"cell {cell.name}: the name is given twice"
        names.add(cell.name)
        for source in cell.inputs:
            if not 0 <= source < net:
                yield f"cell {cell.name}: reads net {source}, which is not earlier than its own"
        yield from _cell_faults(cell)
    for place, net in enumerate(netlist.outputs):
        if not 0 <= net < netlist.n_nets:
            yield f"output y[{place}]: reads net {net} of {netlist.n_nets}"
    if netlist.n_inputs < 1 or not netlist.outputs:
        yield f"{netlist.n_inputs} inputs and {len(netlist.outputs)} outputs: one each is the least"
    yield from _latency_faults(netlist)


def _cell_faults(cell: Cell) -> Iterator[str]:
    fan_in = len(cell.inputs)
    if cell.kind == REGISTER:
        if fan_in != 1:
            yield f"cell {cell.name}: a register reads one net, this one {fan_in}"
        if cell.init != 0:
            yield f"cell {cell.name}: a register has no truth table"
    elif cell.kind == LUT:
        if not 1 <= fan_in <= MAX_FAN_IN:
            yield f"cell {cell.name}: a LUT reads 1 to {MAX_FAN_IN} nets, this one {fan_in}"
        elif not 0 <= cell.init < 1 << (1 << fan_in):
            yield f"cell {cell.name}: its table does not fit the {1 << fan_in} bits of its inputs"
    else:
        yield f"cell {cell.name}: unknown kind {cell.kind!r}"
    if cell.local >> fan_in:
        yield f"cell {cell.name}: local inputs {cell.local:b} of {fan_in}"
    if cell.site and not is_net_name(cell.site):
        yield f"cell {cell.name}: {cell.site!r} cannot name a site; the rules are those of nets"
    if cell.layer < 0:
        yield f"cell {cell.name}: layer {cell.layer} is negative"
    if cell.part not in PARTS:
        yield f"cell {cell.name}: part {cell.part!r} is none of {', '.join(PARTS)}"
    elif cell.layer and cell.part != CORE:
        yield f"cell {cell.name}: layer {cell.layer} in the {cell.part}, which has none"


def _latency_faults(netlist: Netlist) -> Iterator[str]:
    """Find cells, and outputs, that bring together signals of different age.

    Constants have every age. A cell at fault counts as its oldest input, so that one fault is
    reported once.
    """
    cycles: list[int | None] = [None] * FIRST_INPUT + [0] * netlist.n_inputs

    def ages(nets: tuple[int, ...]) -> list[int]:
        known = {cycles[net] for net in nets if 0 <= net < len(cycles)}
        return sorted(age for age in known if age is not None)

    for cell in netlist.cells:
        found = ages(cell.inputs)
        if len(found) > 1:
            yield f"cell {cell.name}: its inputs are {_list(found)} cycles old, not of one age"
        cycles.append(found[-1] + (cell.kind == REGISTER) if found else None)
    found = ages(netlist.outputs)
    if len(found) > 1:
        yield f"the outputs are {_list(found)} cycles old, not of one age"


def _list(values: list[int]) -> str:
    return " and ".join(map(str, values))
