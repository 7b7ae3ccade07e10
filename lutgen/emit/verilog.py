"""From the netlist to one module of Verilog-2005.

A cell without a primitive becomes a truth table that any tool reads, or a comparison where it is
one of the encoder's; a cell with one becomes an instance of it. The net of a cell bears the cell's
name; what the writer adds has names in capitals (``INIT_…`` for tables, ``U_…`` for instances,
``UNUSED_…``), which no net has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lutgen.chips.fabric.site import Instance, count_instances, held_luts, instances
from lutgen.chips.family import Family
from lutgen.chips.primitive import Primitive
from lutgen.chips.registry import get_family
from lutgen.core import DEFAULT_MODULE, Core
from lutgen.core.build import without_collecting, without_primitives
from lutgen.core.config import require_module_name
from lutgen.core.controls import Controls
from lutgen.emit.comparators import comparisons
from lutgen.emit.tables import LOAD_PORTS, TableText, table_text
from lutgen.errors import ConfigError
from lutgen.netlist.ir import FIRST_INPUT, REGISTER, Cell, Netlist
from lutgen.netlist.loadable import TABLE
from lutgen.text import in_comment

KEEP = '(* keep = "true", dont_touch = "true" *)'
"""Attributes of what has to stay: ``keep`` is Yosys's and AMD's, ``dont_touch`` AMD's (UG901)."""


def core_verilog(core: Core) -> str:
    """Return a core as the text of one Verilog-2005 module of its chip's primitives."""
    return emit_verilog(
        core.netlist,
        core.family,
        module=core.module,
        header=core.header,
        controls=core.config.controls,
        tables=table_text(core),
    )


def behavioural_verilog(core: Core) -> str:
    """Return a core as the text of one Verilog-2005 module without primitives."""
    return emit_verilog(
        without_primitives(core.netlist),
        get_family("generic"),
        module=core.module,
        header=core.header,
        controls=core.config.controls,
        tables=table_text(core, behavioural=True),
    )


@without_collecting()
def emit_verilog(
    netlist: Netlist,
    family: Family,
    *,
    module: str = DEFAULT_MODULE,
    header: Sequence[str] = (),
    controls: Controls | None = None,
    tables: TableText | None = None,
    tables_only: bool = False,
) -> str:
    """Return a netlist as the text of one Verilog-2005 module.

    Ports: ``clk``, or what `controls` names, only if there are registers; ``x``, bit i for input i;
    ``y``, bit i for output i. With tables that are loaded: a clock, and ``load…``.

    Parameters
    ----------
    netlist : Netlist
        A netlist that :func:`lutgen.netlist.check.check` accepts.
    family : Family
        Knows the primitives that the cells name.
    module : str
        Name of the module.
    header : sequence of str
        Lines for the comment at the top, before what the writer itself says.
    controls : Controls, optional
        Ports of the registers, by default a clock alone. With reset or enable registers are not the
        family's primitives, but a text of which every tool makes them.
    tables : TableText, optional
        What the tables that are loaded are, if there are any; their module follows.
    tables_only : bool
        Write comparators as truth tables, as all other LUTs.

    Raises
    ------
    ConfigError
        If the module cannot be called so, or a net is called as a port.
    """
    require_module_name(module)
    controls = controls or Controls()
    _require_ports(netlist, controls, tables)
    if not controls.is_plain:
        cells = [c.but(primitive="") if c.kind == REGISTER else c for c in netlist.cells]
        netlist = replace(netlist, cells=tuple(cells))
    names = [_net_reference(netlist, net) for net in range(netlist.n_nets)]
    lines = [f"// {in_comment(line)}".rstrip() for line in (*header, *_facts(netlist, family))]
    lines += [
        "",
        "`default_nettype none",
        "",
        f"module {module} (",
        *_ports(netlist, controls, tables),
        ");",
    ]
    compared, unread = ({}, set()) if tables_only else comparisons(netlist)
    together = instances(netlist, family.primitives)
    read = {net for cell in netlist.cells for net in cell.inputs}.union(netlist.outputs)
    if tables:
        lines += tables.wires()
    inside = held_luts(netlist, family.primitives)
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        if net in inside:
            continue
        if cell.is_shared or net in together:
            lines += _kept([f"  wire {names[net]};"], cell)
            if net in together:
                lines += _kept(_shared_instance(together[net], names), cell)
            continue
        if net in compared:
            if net not in unread:
                lines.append(f"  wire {names[net]} = {compared[net].verilog};")
            continue
        reads = [names[source] for source in cell.inputs]
        if tables and cell.primitive == TABLE:
            lines += tables.instance(cell, names[net], reads, controls.clock, read=net in read)
        elif cell.kind == REGISTER and not cell.primitive:
            lines += _kept(register_lines(names[net], reads[0], controls), cell)
        else:
            lines += _kept(_cell_lines(cell, names[net], reads, family, controls.clock), cell)
    bits = ", ".join(names[net] for net in reversed(netlist.outputs))
    lines += ["", f"  assign y = {{{bits}}};", "endmodule", "", "`default_nettype wire", ""]
    return "\n".join(lines) + (f"\n{tables.text}" if tables else "")


def _kept(lines: list[str], cell: Cell) -> list[str]:
    """Return the text of a cell, attributes before each item if it has to stay."""
    if not cell.keep:
        return lines
    return [
        line if line.lstrip().startswith("localparam") else f"  {KEEP} {line.lstrip()}"
        for line in lines
    ]


def _net_reference(netlist: Netlist, net: int) -> str:
    return f"1'b{net}" if net < FIRST_INPUT else netlist.net_name(net)


def _require_ports(netlist: Netlist, controls: Controls, tables: TableText | None) -> None:
    """Refuse ports that are called as a net."""
    names = {cell.name for cell in netlist.cells}
    if tables and (taken := names.intersection(LOAD_PORTS)):
        raise ConfigError(
            f"a LUT is called {min(taken)}, as a port that loads tables is; give it another name"
        )
    if controls != Controls():
        taken = names.intersection(controls.names)
        if taken:
            raise ConfigError(
                f"a LUT is called {min(taken)}, as a port of the registers is; take other names of "
                "ports (--port-names)"
            )


def _facts(netlist: Netlist, family: Family) -> list[str]:
    cycles = netlist.latency
    edges = (
        f"{cycles} cycle(s) of clk, a new x every cycle" if cycles else "0 cycles, combinational"
    )
    counts = count_instances(netlist, family.primitives)
    cells = ", ".join(f"{n} {name}" for name, n in counts.items()) or "none"
    return [
        f"target   {family.name} ({family.title})",
        f"ports    x[{netlist.n_inputs - 1}:0]: x[i] is input bit i; "
        f"y[{len(netlist.outputs) - 1}:0]: y[i] is output bit i",
        f"latency  {edges}",
        f"cells    {cells}",
        "tables   bit p is the output at address p; input j of a cell is bit j of its address",
    ]


def _ports(netlist: Netlist, controls: Controls, tables: TableText | None) -> Iterator[str]:
    read = {net for cell in netlist.cells for net in cell.inputs}.union(netlist.outputs)
    idle = any(net not in read for net in range(FIRST_INPUT, netlist.first_cell))
    if netlist.count(REGISTER):
        for name in controls.names:
            yield f"    input  wire {name},"
    elif tables:
        yield f"    input  wire {controls.clock},"
    if tables:
        for name, width in tables.loading.ports.items():
            yield f"    input  wire {f'[{width - 1}:0] ' if width else ''}{name},"
    if idle:
        yield "    // the model decides without some of its input bits, yet keeps its ports"
        yield "    /* verilator lint_off UNUSEDSIGNAL */"
    yield f"    input  wire [{netlist.n_inputs - 1}:0] x,"
    if idle:
        yield "    /* verilator lint_on UNUSEDSIGNAL */"
    yield f"    output wire [{len(netlist.outputs) - 1}:0] y"


def _cell_lines(cell: Cell, name: str, reads: list[str], family: Family, clock: str) -> list[str]:
    if cell.primitive:
        return _instance(cell, name, reads, family.primitives[cell.primitive], clock)
    width = 1 << len(reads)
    address = f"{{{', '.join(reversed(reads))}}}" if len(reads) > 1 else reads[0]
    return [
        f"  localparam [{width - 1}:0] INIT_{name} = {_literal(cell.init, width)};",
        f"  wire {name} = INIT_{name}[{address}];",
    ]


def register_lines(name: str, data: str, controls: Controls) -> list[str]:
    """Return a register as text, with the reset and the enable that there are."""
    edges, active = f"posedge {controls.clock}", f"{'!' * controls.active_low}{controls.reset}"
    if controls.asynchronous:
        edges += f" or {'negedge' if controls.active_low else 'posedge'} {controls.reset}"
    reset = f"if ({active}) {name} <= 1'b0; else " if controls.reset else ""
    enable = f"if ({controls.enable}) " if controls.enable else ""
    return [f"  reg {name};", f"  always @({edges}) {reset}{enable}{name} <= {data};"]


def _instance(
    cell: Cell, name: str, reads: list[str], primitive: Primitive, clock: str
) -> list[str]:
    primitive = primitive.taking(cell.init)
    settings = [*primitive.settings(cell.init), *primitive.parameters]
    values = ", ".join(f".{parameter}({value})" for parameter, value in settings)
    pins = [f".{primitive.output}({name})"]
    if primitive.clock:
        pins.append(f".{primitive.clock}({clock})")
    pins += [f".{port}({net})" for port, net in zip(primitive.inputs, reads, strict=True)]
    pins += [f".{port}(1'b{value})" for port, value in primitive.ties]
    chosen = f" #({values})" if values else ""
    return [f"  wire {name};", f"  {primitive.name}{chosen} U_{name} ({', '.join(pins)});"]


def _shared_instance(instance: Instance, names: Sequence[str]) -> list[str]:
    """Return an instance of several outputs, all its ports connected."""
    n_unused = sum(net is None for nets in instance.outputs.values() for net in nets)
    unused = f"UNUSED_{instance.name}"
    lines = [f"  wire [{n_unused - 1}:0] {unused};"] if n_unused else []
    tables = [(name, _literal(value, width)) for name, width, value in instance.parameters]
    values = ", ".join(f".{name}({value})" for name, value in (*tables, *instance.settings))
    pins = []
    for port, nets in (*instance.outputs.items(), *instance.inputs.items()):
        bits = []
        for net in nets:
            if net is None:
                n_unused -= 1
            bits.append(f"{unused}[{n_unused}]" if net is None else names[net])
        text = f"{{{', '.join(reversed(bits))}}}" if len(bits) > 1 else bits[0]
        pins.append(f".{port}({text})")
    chosen = f" #({values})" if values else ""
    return [*lines, f"  {instance.module}{chosen} U_{instance.name} ({', '.join(pins)});"]


def _literal(value: int, width: int) -> str:
    return f"{width}'h{value:0{-(-width // 4)}x}"
