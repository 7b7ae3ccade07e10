"""Instances that several cells are: outputs of one site, or a multiplexer and the LUTs in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from lutgen.chips.primitive import Primitive
from lutgen.errors import NetlistError
from lutgen.netlist.ir import CONST0, Cell, Netlist
from lutgen.netlist.stats import count_cells
from lutgen.netlist.tables import ones

Pins = dict[str, tuple[int | None, ...]]


@dataclass(frozen=True)
class Instance:
    """An instance that several cells are.

    Parameters
    ----------
    module, name : str
        The primitive and the site.
    part, layer : str, int
        Part of the netlist, and layer, of its last cell.
    parameters : tuple of (str, int, int)
        Name, width in bits and value of what its cells say about truth tables.
    settings : tuple of (str, str)
        Other parameters and their values, written as in Verilog.
    outputs, inputs : dict of str to tuple
        Nets at each port, bit 0 first; None for an output that nothing reads. What no cell reads
        is tied to 0.
    """

    module: str
    name: str
    part: str
    layer: int
    parameters: tuple[tuple[str, int, int], ...]
    settings: tuple[tuple[str, str], ...]
    outputs: Pins
    inputs: Pins


@cache
def split_pin(pin: str) -> tuple[str, int]:
    """Return port and bit of a pin: ``CO[2]`` is bit 2 of ``CO``, ``O6`` is bit 0 of ``O6``."""
    port, _, rest = pin.partition("[")
    return port, int(rest[:-1]) if rest else 0


def instances(netlist: Netlist, primitives: Mapping[str, Primitive]) -> dict[int, Instance]:
    """Return every instance that several cells are, by the net of the last of its cells.

    Raises
    ------
    NetlistError
        If cells of one site cannot be one instance, as they connect a pin to different nets,
        drive one twice, or want different truth tables, or if a multiplexer that holds its LUTs
        reads something else; the message names the first such site or multiplexer.
    """
    members: dict[tuple[str, str], list[int]] = {}
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        if cell.is_shared:
            members.setdefault((cell.module, cell.site), []).append(net)
    modules = dict.fromkeys(module for module, _ in members)
    of_module = {module: _Assembly(netlist, module, primitives) for module in modules}
    found = {
        nets[-1]: of_module[module].instance(site, nets) for (module, site), nets in members.items()
    }
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        primitive = primitives.get(cell.primitive)
        if primitive and primitive.holds:
            found[net] = _with_its_luts(netlist, net, cell, primitive)
    return found


def held_luts(netlist: Netlist, primitives: Mapping[str, Primitive]) -> set[int]:
    """Return the nets that are wires inside a multiplexer's module: no instance drives them.

    A LUT that something else reads, too, which no mapping leaves, is an instance of its own beside.
    """
    holding = {name for name, primitive in primitives.items() if primitive.holds}
    if not holding:
        return set()
    inside: set[int] = set()
    outside = set(netlist.outputs)
    for cell in netlist.cells:
        n_held = 2 if cell.primitive in holding else 0
        inside.update(cell.inputs[:n_held])
        outside.update(cell.inputs[n_held:])
    return {net for net in inside - outside if net >= netlist.first_cell}


def held_name(mux: str, place: int) -> str:
    """Return the name of the LUT inside a multiplexer's module, before its data input `place`."""
    return f"{mux}_z{place}"


def count_instances(netlist: Netlist, primitives: Mapping[str, Primitive]) -> dict[str, int]:
    """Return the number of instances by their modules, as the text of the netlist has them."""
    inside = held_luts(netlist, primitives)
    cells = [cell for net, cell in enumerate(netlist.cells, netlist.first_cell)
             if net not in inside]  # fmt: skip
    return count_cells(replace(netlist, cells=tuple(cells)))


def _with_its_luts(netlist: Netlist, net: int, cell: Cell, primitive: Primitive) -> Instance:
    """Return the instance of a multiplexer that has the LUTs before it inside."""
    settings = list(primitive.parameters)
    _, _, select = primitive.inputs
    inputs: Pins = {select: (cell.inputs[2],)}
    for source, held in zip(cell.inputs, primitive.holds, strict=False):
        lut = netlist.cells[source - netlist.first_cell] if source >= netlist.first_cell else None
        if lut is None or lut.hard or len(lut.inputs) != len(held.inputs):
            raise NetlistError(
                f"{cell.name}: {cell.primitive} has the LUTs before it inside, but reads "
                f"{netlist.net_name(source)}, which is none of {len(held.inputs)} inputs"
            )
        settings.append((held.init, held.setting(lut.init)))
        inputs |= {port: (pin,) for port, pin in zip(held.inputs, lut.inputs, strict=True)}
    return Instance(
        module=primitive.module,
        name=cell.name,
        part=cell.part,
        layer=cell.layer,
        parameters=(),
        settings=tuple(settings),
        outputs={primitive.output: (net,)},
        inputs=inputs,
    )


class _Assembly:
    """Puts the cells of a site of one module together."""

    def __init__(self, netlist: Netlist, module: str, primitives: Mapping[str, Primitive]) -> None:
        self._netlist = netlist
        self._module = module
        self._primitives = primitives
        self._parts = [part for part in primitives.values() if part.module == module]
        self._outputs = {part.output for part in self._parts}
        pins = [pin for part in self._parts for pin in (*part.inputs, *dict(part.ties))]
        self._output_ports = _pins_by_port(part.output for part in self._parts)
        self._input_ports = _pins_by_port(pin for pin in pins if pin not in self._outputs)
        self._widths: dict[str, int] = {}  # of what is said about truth tables
        for part in self._parts:
            if part.init:
                width = part.init_at + (1 << len(part.inputs))
                self._widths[part.init] = max(width, self._widths.get(part.init, 0))

    def instance(self, site: str, nets: list[int]) -> Instance:
        """Return the instance that drives these nets."""
        cells = [self._netlist.cells[net - self._netlist.first_cell] for net in nets]
        used = [self._primitives[cell.primitive] for cell in cells]
        driven: dict[str, int] = {}
        for net, part in zip(nets, used, strict=True):
            if driven.setdefault(part.output, net) != net:
                raise self._fault(site, part.output, driven[part.output], net, "drives")
        read: dict[str, int] = {}
        for cell, part in zip(cells, used, strict=True):
            for pin, net in (*part.ties, *zip(part.inputs, cell.inputs, strict=True)):
                known = driven.get(pin) if pin in self._outputs else read.setdefault(pin, net)
                if known != net:
                    raise self._fault(site, pin, known, net, "is connected to")
        return Instance(
            module=self._module,
            name=site,
            part=cells[-1].part,
            layer=cells[-1].layer,
            parameters=tuple(self._tables(site, cells, used)),
            settings=tuple(dict(pair for part in used for pair in part.parameters).items()),
            outputs=_nets(self._output_ports, driven, None),
            inputs=_nets(self._input_ports, read, CONST0),
        )

    def _fault(
        self, site: str, pin: str, first: int | None, second: int, what: str
    ) -> NetlistError:
        names = " and ".join(
            "nothing" if net is None else self._netlist.net_name(net) for net in (first, second)
        )
        return NetlistError(f"{self._module} {site}: pin {pin} {what} {names}")

    def _tables(
        self, site: str, cells: list[Cell], used: list[Primitive]
    ) -> Iterator[tuple[str, int, int]]:
        for name, width in self._widths.items():
            value = known = 0
            for cell, part in zip(cells, used, strict=True):
                if part.init == name:
                    place, table = ones(len(part.inputs)) << part.init_at, cell.init << part.init_at
                    if (value ^ table) & known & place:
                        raise NetlistError(
                            f"{self._module} {site}: {cell.name} and another output have "
                            f"one part of {name}, but different truth tables"
                        )
                    value, known = value | table, known | place
            yield name, width, value


def _nets(ports: Mapping[str, tuple[str, ...]], nets: Mapping[str, int], idle: int | None) -> Pins:
    """Return the nets of each port, bit 0 first."""
    return {port: tuple([nets.get(pin, idle) for pin in pins]) for port, pins in ports.items()}


def _pins_by_port(pins: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the pins of each port, bit 0 first."""
    ports: dict[str, dict[int, str]] = {}
    for pin in pins:
        port, bit = split_pin(pin)
        ports.setdefault(port, {})[bit] = pin
    return {port: tuple([bits[i] for i in range(len(bits))]) for port, bits in ports.items()}
