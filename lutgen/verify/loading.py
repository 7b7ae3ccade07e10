"""How tables are loaded, checked in a core's Verilog: which table comes after which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lutgen.emit.tables import TableText
from lutgen.errors import MismatchError


def require_loading(module: Mapping[str, Any], tables: TableText, clock: str) -> None:
    """Refuse a core whose tables are not loaded one after the other, in their order.

    Every table has to be on the clock and on the ports that load it, and to be joined to those
    before and after it by nothing but wires.

    Parameters
    ----------
    module : mapping
        The core as a module of Yosys's JSON netlist, its tables black boxes.
    tables : TableText
        What they should be.
    clock : str
        Port of the clock.

    Raises
    ------
    MismatchError
        The message names the first table at fault.
    """
    ports = {name: port["bits"] for name, port in module["ports"].items()}
    for name, width in tables.loading.ports.items():
        if len(ports.get(name, ())) != max(width, 1):
            raise MismatchError(f"port {name} of {width or 1} bit(s), which loads tables, is not")
    found = _by_driven_net(module, tables.module)
    if set(found) != set(tables.names):
        odd = min(set(found) ^ set(tables.names))
        told = "none of the model's" if odd in found else "missing"
        raise MismatchError(f"table {odd} is {told}")
    shared = {"clk": ports.get(clock), "load": ports["load"]}
    first, into, out = ["0"], "select_in", "select_out"
    order = list(tables.names)
    if tables.loading.is_shifted:
        order.reverse()
        first, into, out = ports["load_data"], "load_in", "load_out"
    else:
        shared |= {name: ports[name] for name in ("load_start", "load_at", "load_data")}
    before = first
    for place, name in enumerate(order):
        cell = found[name]
        wired, given = cell["connections"], cell["parameters"]
        for pin, bits in {**shared, into: before}.items():
            if wired.get(pin) != bits:
                raise MismatchError(f"table {name}: its {pin} is not where it has to be")
        settings = tables.settings(place, int(str(given["K"]), 2))
        for key, value in settings.items():
            if int(str(given[key]), 2) != value:
                raise MismatchError(f"table {name}: {key} is not {value}")
        before = wired[out]


def _by_driven_net(module: Mapping[str, Any], kind: str) -> dict[str, Mapping[str, Any]]:
    """Return the tables by the nets that they drive."""
    names: dict[Any, str] = {}
    for name, net in module["netnames"].items():
        if len(net["bits"]) == 1 and not net.get("hide_name"):
            names.setdefault(net["bits"][0], name)
    cells = [cell for cell in module["cells"].values() if cell["type"] == kind]
    return {names.get(cell["connections"]["y"][0], "?"): cell for cell in cells}
