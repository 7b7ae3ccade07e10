"""From Yosys's JSON netlist back to a :class:`~lutgen.netlist.ir.Netlist`, to prove it right.

What a primitive computes is read from the family's own data: its ports in the order of the address,
the parameter with its truth table. Tests hold these against Yosys's simulation models.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from lutgen.bits import MAX_FAN_IN
from lutgen.chips.fabric.site import held_name, split_pin
from lutgen.chips.family import Family
from lutgen.chips.primitive import Primitive
from lutgen.chips.tools import AddedCell, inverter
from lutgen.core.controls import Controls
from lutgen.emit.tables import TableText
from lutgen.errors import NetlistError
from lutgen.flow.yosys import module_fault
from lutgen.netlist.ir import CONST0, LUT, REGISTER, Cell, Netlist, NetlistBuilder
from lutgen.netlist.loadable import TABLE
from lutgen.netlist.names import is_net_name
from lutgen.netlist.tables import BUFFER, depends_on, ones

# Yosys's own cells, which any netlist may have.
_OWN = (
    inverter("$_NOT_", "A", "Y"),
    inverter("$not", "A", "Y"),
    AddedCell("$_BUF_", ("A",), "Y", BUFFER),
)
_REGISTERS = {"$dff": ("D", "Q", "CLK"), "$_DFF_P_": ("D", "Q", "C")}
_CONTROLLED = {  # reset, asynchronous, enable: the type, and the port of its reset
    (True, False, False): ("$sdff", "SRST"),
    (True, False, True): ("$sdffe", "SRST"),
    (True, True, False): ("$adff", "ARST"),
    (True, True, True): ("$adffe", "ARST"),
    (False, False, True): ("$dffe", ""),
}

Bit = int | str


@dataclass(frozen=True)
class _Gate:
    """A cell of the module: what its output bit is in terms of input bits."""

    kind: str
    table: int
    reads: tuple[Bit, ...]
    output: int
    primitive: str = ""
    hard: bool = False
    site: str = ""
    local: int = 0

    @property
    def is_shared(self) -> bool:
        """Whether it is one output of a primitive that has several."""
        return "." in self.primitive


def read_netlist(
    module: Mapping[str, Any],
    family: Family,
    controls: Controls | None = None,
    tables: TableText | None = None,
) -> Netlist:
    """Return a module of a JSON netlist as a netlist.

    Cells are named after the net that they drive, where its name is one that a netlist allows.

    Parameters
    ----------
    module : mapping
        A module of Yosys's JSON netlist, with ports ``x``, ``y`` and, with registers, ``clk``.
    family : Family
        Knows the primitives.
    controls : Controls, optional
        Ports of the registers, by default ``clk`` alone. Every register has to be reset and enabled
        by just these.
    tables : TableText, optional
        What tables that are loaded are, if there are any: black boxes, which
        :func:`lutgen.verify.loading.require_loading` checks.

    Raises
    ------
    NetlistError
        If it is no such module, if a cell is of unknown type or used in a way that is not
        modelled, if a net has several drivers or none, or if there is a combinational loop.
    """
    if fault := module_fault(module):
        raise NetlistError(f"{fault}; damaged, or not Yosys's")
    controls = controls or Controls()
    ports = _ports(module, controls, tables)
    registers = _Registers(
        controls, {name: ports[name] for name in controls.names if name in ports}
    )
    constants: dict[Bit, int] = {"0": 0, "1": 1}
    gates: dict[int, _Gate] = {}
    added = {cell.name: cell for cell in (*_OWN, *family.added_cells)}
    driven = {*ports["x"], *(bit for bits in registers.nets.values() for bit in bits)}
    for name, found in module["cells"].items():
        known = added.get(found["type"])
        cell = {**found, "connections": _Pins(f"{found['type']} {name}", found["connections"])}
        outputs: list[int] = []
        if tables and found["type"] == tables.module:
            gate = _table_gate(name, cell)
            outputs.append(gate.output)
            gates[gate.output] = gate
        elif known and not known.inputs:
            outputs.append(_driven(cell["connections"], known.output))
            constants[outputs[0]] = known.table
        else:
            for gate in _gates(name, cell, family, known, registers):
                outputs.append(gate.output)
                gates[gate.output] = gate
        if len({*outputs}) < len(outputs) or driven & {*outputs}:
            raise NetlistError(f"the net that {name} drives has another driver, too")
        driven |= {*outputs}
    _drop_unused(gates, ports["y"])
    names = _names(module)
    holding = {primitive.name for primitive in family.primitives.values() if primitive.holds}
    for bit, gate in gates.items():
        if gate.primitive in holding and bit in names:
            names |= {net: held_name(names[bit], i) for i, net in enumerate(gate.reads[:2])
                      if isinstance(net, int)}  # fmt: skip
    return _build(ports, gates, constants, names)


@dataclass(frozen=True)
class _Registers:
    """The ports of registers, and the nets at these."""

    controls: Controls
    nets: Mapping[str, list[Bit]]

    def require_clock(self, what: str, bits: list[Bit]) -> None:
        """Refuse a register that something else than the clock clocks."""
        if bits != self.nets.get(self.controls.clock):
            raise NetlistError(f"{what}: not clocked by {self.controls.clock}")

    def is_controlled(self, kind: str) -> bool:
        """Whether a type of cell is that of registers with this reset and enable."""
        return not self.controls.is_plain and kind == self._kind()[0]

    def require(self, what: str, pins: _Pins, parameters: Mapping[str, str]) -> None:
        """Refuse a register that is not reset and enabled as it has to be."""
        controls, (_, reset) = self.controls, self._kind()
        wired = {"CLK": (controls.clock, 1)}
        if reset:
            wired[reset] = controls.reset, int(not controls.active_low)
        if controls.enable:
            wired["EN"] = controls.enable, 1
        for port, (name, polarity) in wired.items():
            found = parameters.get(f"{port}_POLARITY", "1").lstrip("0") == "1"
            if pins[port] != self.nets.get(name) or found != polarity:
                raise NetlistError(
                    f"{what}: its {port} is not {name}, active {('low', 'high')[polarity]}"
                )
        if reset and parameters.get(f"{reset}_VALUE", "0").strip("0"):
            raise NetlistError(f"{what}: reset to {parameters[f'{reset}_VALUE']}, expected 0")

    def _kind(self) -> tuple[str, str]:
        controls = self.controls
        return _CONTROLLED[bool(controls.reset), controls.asynchronous, bool(controls.enable)]


class _Pins(dict[str, list[Bit]]):
    """What the ports of a cell are wired to; one that has to be there and is not is told."""

    def __init__(self, cell: str, pins: Mapping[str, list[Bit]]) -> None:
        super().__init__(pins)
        self.cell = cell

    def __missing__(self, port: str) -> list[Bit]:
        raise NetlistError(f"{self.cell}: port {port} is not connected")

    def bit(self, port: str) -> Bit:
        """Return what a port of one bit is wired to; an open one to x."""
        bits = self[port]
        if len(bits) > 1:
            raise NetlistError(f"{self.cell}: port {port} is {len(bits)} bits wide; expected 1")
        return bits[0] if bits else "x"


def _table_gate(name: str, cell: Mapping[str, Any]) -> _Gate:
    """Return a table that is loaded, holding what it holds at first."""
    pins: _Pins = cell["connections"]
    reads = tuple(pins["a"])
    text = cell["parameters"].get("INIT", "")
    if len(text) != 1 << len(reads) or set(text) - {"0", "1"}:
        raise NetlistError(f"{cell['type']} {name}: INIT {text} is no table of {len(reads)} inputs")
    return _Gate(LUT, int(text, 2), reads, _driven(pins, "y"), TABLE)


def _ports(
    module: Mapping[str, Any], controls: Controls, tables: TableText | None
) -> dict[str, list[Bit]]:
    """Return the ports of a module: the inputs are nets, none of them twice."""
    ports: dict[str, list[Bit]] = {name: port["bits"] for name, port in module["ports"].items()}
    for name in tables.loading.ports if tables else ():
        ports.pop(name, None)
    unknown = set(ports) - {"x", "y", *controls.names}
    told = ", ".join(controls.names)
    if unknown or not {"x", "y"} <= set(ports):
        raise NetlistError(
            f"the module has ports {', '.join(sorted(ports))}; expected {told}, x, y"
        )
    single = [ports[name] for name in controls.names if name in ports]
    inputs = [*ports["x"], *(bit for bits in single for bit in bits)]
    if any(len(bits) != 1 for bits in single) or not all(isinstance(bit, int) for bit in inputs):
        raise NetlistError(f"the ports x and {told} must be nets, {told} one alone")
    if len({*inputs}) < len(inputs):
        raise NetlistError(f"the ports x and {told} have a net in common, or x has one twice")
    return ports


def _gates(
    name: str,
    cell: Mapping[str, Any],
    family: Family,
    added: AddedCell | None,
    registers: _Registers,
) -> Iterator[_Gate]:
    """Yield the outputs of a cell, which synthesis may have added."""
    parts = [part for part in family.primitives.values() if part.module == cell["type"]]
    if parts and parts[0].is_part:
        yield from _outputs(name, cell, parts)
    elif parts and parts[0].holds:
        yield from _with_its_luts(name, cell, parts[0], family)
    elif added:
        yield from _added_gates(name, cell, added, registers)
    elif cell["type"] == "$ge":
        yield from _comparison_gates(name, cell)
    else:
        yield _gate(name, cell, family, registers)


def _added_gates(
    name: str, cell: Mapping[str, Any], added: AddedCell, registers: _Registers
) -> Iterator[_Gate]:
    """Yield the table of a cell; with a clock on a net of its own, and the register behind it."""
    pins: _Pins = cell["connections"]
    driven = _driven(pins, added.output)
    reads = tuple(pins.bit(port) for port in added.inputs)
    if not added.clock:
        yield _Gate(LUT, added.table, reads, driven)
        return
    registers.require_clock(f"{cell['type']} {name}", pins[added.clock])
    yield _Gate(LUT, added.table, reads, -driven)
    yield _Gate(REGISTER, 0, (-driven,), driven)


def _comparison_gates(name: str, cell: Mapping[str, Any]) -> Iterator[_Gate]:
    """Yield LUTs, a bit each from the lowest on, for whether a number is a constant or more."""
    pins: _Pins = cell["connections"]
    parameters: Mapping[str, str] = cell["parameters"]
    number, constant = pins["A"], pins["B"]
    signs = {parameters.get(f"{port}_SIGNED", "0").lstrip("0") == "1" for port in "AB"}
    if len(number) != len(constant) or len(signs) > 1 or {*constant} - {"0", "1"}:
        raise NetlistError(
            f"$ge {name}: modelled is a comparison with a constant of the same width and sign"
        )
    driven = _driven(pins, "Y")
    below: Bit = "1"  # no bit is above, and none below
    last = len(number) - 1
    for place, (bit, value) in enumerate(zip(number, constant, strict=True)):
        is_sign = signs == {True} and place == last
        table = 0
        for address in range(4):
            own, wanted = (address & 1) ^ is_sign, (value == "1") ^ is_sign
            passed = own > wanted or (own == wanted and address >> 1)
            table |= bool(passed) << address
        output = driven if place == last else -(driven << 8 | place) - (1 << 40)
        yield _Gate(LUT, table, (bit, below), output)
        below = output


def _outputs(name: str, cell: Mapping[str, Any], parts: list[Primitive]) -> Iterator[_Gate]:
    """Yield the outputs of a cell that has several, each as one cell of its site."""
    pins: Mapping[str, list[Bit]] = cell["connections"]
    modelled = {split_pin(pin)[0] for part in parts for pin in _pins_of(part)}
    odd = [port for port, bits in pins.items() if port not in modelled and set(bits) - {"0"}]
    if odd:
        raise NetlistError(f"{cell['type']} {name}: port {', '.join(odd)} is not modelled")

    def bit(pin: str) -> Bit:
        port, place = split_pin(pin)
        bits = pins.get(port, [])
        return bits[place] if place < len(bits) else "x"

    found: dict[str, bool] = {}
    for part in parts:
        fits = all(bit(pin) == str(value) for pin, value in part.ties)
        if not fits or found.get(part.output):
            found.setdefault(part.output, False)
            continue
        found[part.output] = True
        output = bit(part.output)
        if isinstance(output, int):
            reads = tuple(bit(pin) for pin in part.inputs)
            table = _table(name, cell, part) if part.init else part.table
            site = name.removeprefix("U_")
            site = site if is_net_name(site) else f"site_{output}"
            yield _Gate(LUT, table, reads, output, part.name, not part.init, site, part.local)
    wrong = [output for output, fits in found.items() if not fits]
    if wrong:
        needed = " or ".join(
            dict.fromkeys(
                " and ".join(f"{pin} tied to {value}" for pin, value in part.ties)
                for part in parts
                if part.output in wrong
            )
        )
        raise NetlistError(f"{cell['type']} {name}: {', '.join(wrong)} is modelled with {needed}")


def _with_its_luts(
    name: str, cell: Mapping[str, Any], mux: Primitive, family: Family
) -> Iterator[_Gate]:
    """Yield a multiplexer, and before it the LUTs that its module has inside, on nets of theirs."""
    pins: _Pins = cell["connections"]
    known = {port for held in mux.holds for port in held.inputs} | {mux.inputs[-1], mux.output}
    odd = [port for port, bits in pins.items() if port not in known and bits not in ([], ["0"])]
    if odd:
        raise NetlistError(f"{mux.name} {name}: port {', '.join(odd)} is not modelled")
    output = _driven(pins, mux.output)
    data = []
    for place, held in enumerate(mux.holds):
        reads = tuple(pins.bit(port) if port in pins else "x" for port in held.inputs)
        lut = next(part for part in family.primitives.values()
                   if part.init and len(part.inputs) == len(reads))  # fmt: skip
        data.append(_held_net(output, place))
        yield _Gate(LUT, _table(name, cell, held), reads, data[-1], lut.name)
    reads = (*data, pins.bit(mux.inputs[-1]))
    yield _Gate(LUT, mux.table, reads, output, mux.name, hard=True, local=mux.local)


def _held_net(mux: int, place: int) -> int:
    """Return a number for the wire before a data input of a multiplexer that drives a net."""
    return -(2 * mux + place) - (1 << 60)


def _pins_of(part: Primitive) -> tuple[str, ...]:
    return (*part.inputs, part.output, *dict(part.ties))


def _table(name: str, cell: Mapping[str, Any], primitive: Primitive) -> int:
    """Return the truth table that the parameters give an output."""
    value = primitive.table_in(cell["parameters"])
    if value is None:
        what, inits = primitive.module or cell["type"], [node[0] for node in primitive.tree]
        told = ", ".join(
            f"{init} {cell['parameters'].get(init, '0')}" for init in inits or [primitive.init]
        )
        raise NetlistError(f"{what} {name}: undefined bits in {told}")
    return value >> primitive.init_at & ones(len(primitive.inputs))


def _drop_unused(gates: dict[int, _Gate], outputs: list[Bit]) -> None:
    """Remove outputs of instances of several that nothing reads: they are there all the same."""
    while True:
        read = {bit for gate in gates.values() for bit in gate.reads}.union(outputs)
        unread = [bit for bit, gate in gates.items() if gate.is_shared and bit not in read]
        if not unread:
            return
        for bit in unread:
            del gates[bit]


def _gate(name: str, cell: Mapping[str, Any], family: Family, registers: _Registers) -> _Gate:
    kind: str = cell["type"]
    pins: _Pins = cell["connections"]
    parameters: Mapping[str, str] = cell["parameters"]
    if kind in family.primitives:
        return _primitive_gate(name, cell, family.primitives[kind], registers)
    if registers.is_controlled(kind):
        registers.require(f"register {name}", pins, parameters)
        if len(pins["D"]) != 1:
            raise NetlistError(f"register {name} is {len(pins['D'])} bits wide; expected 1")
        return _Gate(REGISTER, 0, (pins.bit("D"),), _driven(pins, "Q"))
    if kind in _REGISTERS and registers.controls.is_plain:
        data, output, edge = _REGISTERS[kind]
        clock = registers.controls.clock
        if (
            pins[edge] != registers.nets.get(clock)
            or parameters.get("CLK_POLARITY", "1").lstrip("0") != "1"
        ):
            raise NetlistError(f"register {name} is not clocked by the rising edge of {clock}")
        if len(pins[data]) != 1:
            raise NetlistError(f"register {name} is {len(pins[data])} bits wide; expected 1")
        return _Gate(REGISTER, 0, (pins.bit(data),), _driven(pins, output))
    if kind == "$shiftx" and {*pins["A"]} in ({"0"}, {"1"}, {"0", "1"}):
        table = int("".join(map(str, reversed(pins["A"]))), 2)
        reads = tuple(pins["B"])
        if len(reads) <= MAX_FAN_IN and len(pins["A"]) == 1 << len(reads):
            return _Gate(LUT, table, reads, _driven(pins, "Y"))
    raise NetlistError(
        f"cell {name} is a {kind}, whose function is not known for chip family {family.name}; "
        "known: " + (", ".join(family.primitives) or "truth tables")
    )


def _primitive_gate(
    name: str, cell: Mapping[str, Any], primitive: Primitive, registers: _Registers
) -> _Gate:
    pins: _Pins = cell["connections"]
    parameters: Mapping[str, str] = cell["parameters"]
    for port, value in primitive.ties:
        if pins.get(port) != [str(value)]:
            raise NetlistError(f"{primitive.name} {name}: {port} is not tied to {value}")
    for key, text in primitive.parameters:
        if key in parameters and _plain(parameters[key]) != _plain(text):
            raise NetlistError(
                f"{primitive.name} {name}: parameter {key} is {parameters[key]}, expected {text}"
            )
    known = {*primitive.inputs, primitive.output, primitive.clock, *dict(primitive.ties)}
    odd = [port for port, bits in pins.items() if port not in known and bits not in ([], ["0"])]
    if odd:
        raise NetlistError(f"{primitive.name} {name}: port {', '.join(odd)} is not modelled")
    reads = tuple(pins.bit(port) if port in pins else "x" for port in primitive.inputs)
    output = _driven(pins, primitive.output)
    if primitive.clock:
        registers.require_clock(f"{primitive.name} {name}", pins[primitive.clock])
        return _Gate(REGISTER, 0, reads, output, primitive.name)
    if primitive.init or primitive.tree:
        return _Gate(LUT, _table(name, cell, primitive), reads, output, primitive.name)
    return _Gate(
        LUT, primitive.table, reads, output, primitive.name, hard=True, local=primitive.local
    )


def _plain(value: str) -> str:
    """Return a parameter's value without the marks of Verilog's or JSON's notation."""
    text = value.strip().strip('"')
    if "'" in text:
        width, _, digits = text.partition("'")
        base = {"b": 2, "h": 16, "d": 10}.get(digits[:1].lower())
        with contextlib.suppress(ValueError):
            return str(int(digits[1:], base)) if width and base else text
        return text
    return str(int(text, 2)) if text and not set(text) - {"0", "1"} else text


def _driven(pins: _Pins, port: str) -> int:
    bit = pins.bit(port)
    if not isinstance(bit, int):
        raise NetlistError(f"{pins.cell}: port {port} drives {bit}, which is no net")
    return bit


def _names(module: Mapping[str, Any]) -> dict[int, str]:
    """Return the name of each bit that has one of the user's, legal in a netlist."""
    names: dict[int, str] = {}
    for name, net in module["netnames"].items():
        bits = net["bits"]
        is_plain = not net.get("hide_name") and is_net_name(name)
        if is_plain and len(bits) == 1 and isinstance(bits[0], int):
            names.setdefault(bits[0], name)
    return names


def _build(
    ports: Mapping[str, list[Bit]],
    gates: Mapping[int, _Gate],
    constants: Mapping[Bit, int],
    names: Mapping[int, str],
) -> Netlist:
    builder = NetlistBuilder(len(ports["x"]))
    nets: dict[Bit, int] = {**constants, **{bit: 2 + i for i, bit in enumerate(ports["x"])}}
    taken = set(names.values())
    for bit in _in_order(gates):
        gate = gates[bit]
        name = names.get(bit, f"bit_{bit}".replace("-", "before_"))
        if bit not in names and name in taken:
            name = f"bit_{bit}_unnamed"
        inputs, table = _resolve(gate, nets, name)
        nets[bit] = builder.add(
            Cell(
                gate.kind, inputs, table, name, 0,
                gate.primitive, gate.hard, gate.site, gate.local,
            )
        )  # fmt: skip
    missing = [i for i, bit in enumerate(ports["y"]) if bit not in nets]
    if missing:
        raise NetlistError(f"output y[{missing[0]}] is driven by nothing")
    return builder.finish(tuple(nets[bit] for bit in ports["y"]))


def _resolve(gate: _Gate, nets: Mapping[Bit, int], name: str) -> tuple[tuple[int, ...], int]:
    """Return nets and table; a pin that is open has to be one that the table ignores."""
    k = len(gate.reads)
    for j, bit in enumerate(gate.reads):
        if bit not in nets and (gate.kind != LUT or depends_on(gate.table, k, j)):
            raise NetlistError(f"cell {name}: input {j} ({bit}) is driven by nothing")
    return tuple(nets.get(bit, CONST0) for bit in gate.reads), gate.table


def _in_order(gates: Mapping[int, _Gate]) -> Iterator[int]:
    reads = {bit: [r for r in gate.reads if r in gates] for bit, gate in gates.items()}
    try:
        yield from (bit for bit in TopologicalSorter(reads).static_order() if isinstance(bit, int))
    except CycleError as error:
        raise NetlistError(f"the netlist has a loop through nets {error.args[1]}") from error
