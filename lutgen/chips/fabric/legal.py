"""The rules of placement of hard multiplexers and of sites, checked on a mapped netlist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lutgen.chips.fabric.fabric import MUX, Fabric
from lutgen.chips.fabric.site import instances, split_pin
from lutgen.errors import NetlistError
from lutgen.netlist.ir import CONST1, LUT, Cell, Netlist

_MAX_FAULTS = 20


def check_muxes(netlist: Netlist, fabric: Fabric) -> None:
    """Check that each hard multiplexer can be placed beside what it reads.

    See :class:`lutgen.chips.fabric.fabric.Fabric` for the rules.

    Raises
    ------
    NetlistError
        If one cannot; the message lists the faults with their cells, the first 20 in words.
    """
    faults = list(_faults(netlist, fabric))
    if faults:
        more = len(faults) - _MAX_FAULTS
        listed = faults[:_MAX_FAULTS] + ([f"and {more} more"] if more > 0 else [])
        raise NetlistError(f"{len(faults)} illegal multiplexer(s): " + "; ".join(listed))


def check_sites(netlist: Netlist, fabric: Fabric) -> None:
    """Check that the cells of each site can be one instance, and what wires of fixed course bring.

    The carry comes from the position before, at the first one from the last of another instance.
    What else comes by such a wire into a primitive of several outputs, the S of a carry, is made
    by a LUT, at an output that may lead there, for that position alone. The carry of a primitive
    of one output, ``SB_CARRY``, leads nowhere but by such wires.

    Where a position has several outputs, one wire leads from it, for its sum or for its carry; and
    one pin to it, for its data or, at the first, for the carry that comes in: then the data come
    from the LUT that makes S. (AMD UG474 and UG574: AMUX, and AX with CYINIT.)

    Raises
    ------
    NetlistError
        If something is otherwise; the message names what.
    """
    primitives = fabric.primitives
    instances(netlist, primitives)
    _check_carries(netlist, {part.name for part in fabric.carry if not part.is_part})
    _check_slices(netlist, fabric)
    taken: dict[int, tuple[str, str]] = {}
    for cell in netlist.cells:
        if not (cell.is_shared and cell.local):
            continue
        part = primitives[cell.primitive]
        outputs = {other.output for other in fabric.carry}
        for j, net in enumerate(cell.inputs):
            pin = part.inputs[j]
            if not cell.local >> j & 1 or pin in outputs:
                continue
            place = net - netlist.first_cell
            driver = netlist.cells[place] if place >= 0 else None
            name = driver.primitive if driver else ""
            if pin == "CI":
                legal = name == fabric.carry[-1].name and driver is not None
            else:
                lut = driver is not None and driver.kind == LUT and not driver.hard
                halves = (*fabric.pair[:-1], *fabric.nested[:-1])
                legal = lut and name not in {half.name for half in halves}
                legal = legal and taken.setdefault(net, (cell.site, pin)) == (cell.site, pin)
            if not legal:
                raise NetlistError(
                    f"{cell.name}: {cell.primitive} reads {netlist.net_name(net)} at {pin}, where "
                    f"no wire leads from {name or 'what is no primitive'}"
                )


def _check_slices(netlist: Netlist, fabric: Fabric) -> None:
    """Check that no position of carry logic needs a pin or a wire of its slice twice."""
    parts = {part.name: part for part in fabric.carry if part.is_part}
    outside = set(netlist.outputs)
    for cell in netlist.cells:
        outside.update(_plain_inputs(cell))
    left: dict[tuple[str, int], str] = {}
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        part = parts.get(cell.primitive)
        if part is None:
            continue
        if net in outside:
            first = left.setdefault((cell.site, split_pin(part.output)[1]), cell.name)
            if first != cell.name:
                raise NetlistError(
                    f"{first} and {cell.name}: one wire leads from a position, but "
                    "both are read outside; end the chain by a position for the carry"
                )
        if len(cell.inputs) == 3 and cell.inputs[1] > CONST1 and not cell.local >> 1 & 1:
            data, _, select = (_driver(netlist, source) for source in cell.inputs)
            if data is None or select is None or not data.site or data.site != select.site:
                raise NetlistError(
                    f"{cell.name}: one pin leads to {part.inputs[0]} and {part.inputs[1]}, which "
                    f"are connected to {netlist.net_name(cell.inputs[0])} and "
                    f"{netlist.net_name(cell.inputs[1])}; make the first with S in one LUT"
                )


def _driver(netlist: Netlist, net: int) -> Cell | None:
    return netlist.cells[net - netlist.first_cell] if net >= netlist.first_cell else None


def _plain_inputs(cell: Cell) -> tuple[int, ...]:
    """Return the nets that no wire of fixed course brings."""
    if not cell.local:
        return cell.inputs
    return tuple([net for j, net in enumerate(cell.inputs) if not cell.local >> j & 1])


def _check_carries(netlist: Netlist, names: set[str]) -> None:
    if not names:
        return
    readers = [(cell.name, net) for cell in netlist.cells for net in _plain_inputs(cell)]
    readers += [(f"y[{i}]", net) for i, net in enumerate(netlist.outputs)]
    for reader, net in readers:
        place = net - netlist.first_cell
        if place >= 0 and netlist.cells[place].primitive in names:
            name = netlist.cells[place].name
            raise NetlistError(
                f"{reader} reads the carry {name}, from which no wire leads there; end the chain"
            )


def _faults(netlist: Netlist, fabric: Fabric) -> Iterator[str]:
    readers = Counter(net for cell in netlist.cells for net in cell.inputs)
    readers.update(netlist.outputs)
    levels: dict[int, int] = {}  # of multiplexers by net; plain LUTs are level 0

    def level(net: int) -> int | None:
        place = net - netlist.first_cell
        if place < 0 or netlist.cells[place].kind != LUT:
            return None
        return levels.get(net, 0)

    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        if not cell.hard or cell.site:
            continue
        if cell.init != MUX or len(cell.inputs) != 3:
            yield f"{cell.name}: a hard multiplexer has no table of its own"
            continue
        below = [level(source) for source in cell.inputs[:2]]
        levels[net] = 1 + max(found or 0 for found in below)
        yield from _mux_faults(netlist, fabric, cell, levels[net], below)
        for source in cell.inputs[:2]:
            if readers[source] != 1:
                yield (
                    f"{cell.name}: reads {netlist.net_name(source)}, which {readers[source]} pins "
                    "read; data of a multiplexer may go nowhere else"
                )


def _mux_faults(
    netlist: Netlist, fabric: Fabric, cell: Cell, level: int, below: list[int | None]
) -> Iterator[str]:
    names = [mux.name for mux in fabric.muxes]
    if level > len(names) or names[level - 1] != cell.primitive:
        wanted = names[level - 1] if level <= len(names) else "none"
        yield f"{cell.name}: {cell.primitive} at level {level}, where the fabric has {wanted}"
    for source, found in zip(cell.inputs[:2], below, strict=True):
        if found != level - 1:
            kind = "no LUT" if found is None else f"of level {found}"
            yield (
                f"{cell.name}: {cell.primitive} of level {level} reads "
                f"{netlist.net_name(source)}, which is {kind}"
            )
