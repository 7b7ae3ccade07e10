"""The bus interfaces of a top module, as IP-XACT has them: which ports are which signals."""

from __future__ import annotations

from dataclasses import dataclass

from lutgen.kit.design import AXILITE, STREAM, WISHBONE, Design

_XILINX = ("xilinx.com", "interface")
_SIGNAL = ("xilinx.com", "signal")


@dataclass(frozen=True)
class BusInterface:
    """Ports that are one interface.

    Parameters
    ----------
    vendor, library, kind, abstraction, version : str
        Of the bus definition.
    role : str
        ``master`` or ``slave``.
    maps : tuple of (str, str)
        Logical and physical names.
    parameters : tuple of (str, str)
    has_map : bool
        Whether registers stand behind it.
    """

    name: str
    vendor: str
    library: str
    kind: str
    abstraction: str
    role: str
    maps: tuple[tuple[str, str], ...]
    version: str = "1.0"
    parameters: tuple[tuple[str, str], ...] = ()
    has_map: bool = False


def bus_interfaces(design: Design) -> list[BusInterface]:
    """Return the interfaces of a top module: its buses, its interrupt, its clock and reset."""
    names = [port.name for port in design.ports]

    def maps(prefix: str) -> tuple[tuple[str, str], ...]:
        own = [name for name in names if name.startswith(prefix)]
        return tuple((name.removeprefix(prefix).upper(), name) for name in own)

    buses = []
    if design.shell == STREAM:
        for name, role in (("s_axis", "slave"), ("m_axis", "master")):
            buses.append(BusInterface(name, *_XILINX, "axis", "axis_rtl", role, maps(f"{name}_")))
    elif design.shell == AXILITE:
        buses.append(
            BusInterface(
                "s_axi", *_XILINX, "aximm", "aximm_rtl", "slave", maps("s_axi_"), has_map=True,
                parameters=(("PROTOCOL", "AXI4LITE"),),
            )
        )  # fmt: skip
    elif design.shell == WISHBONE:
        maps_wb = tuple((name.removeprefix("wb_"), name) for name in names if "wb_" in name)
        buses.append(
            BusInterface(
                "wb", "opencores.org", "interface", "wishbone", "wishbone_rtl", "slave",
                tuple(pair for pair in maps_wb if pair[1] not in (design.clock, design.reset)),
                version="B4", has_map=True,
            )
        )  # fmt: skip
    ours = ":".join(bus.name for bus in buses)
    if "irq" in names:
        buses.append(
            BusInterface(
                "irq", *_SIGNAL, "interrupt", "interrupt_rtl", "master", (("INTERRUPT", "irq"),),
                parameters=(("SENSITIVITY", "LEVEL_HIGH"),),
            )
        )  # fmt: skip
    if design.reset:
        level = "ACTIVE_LOW" if design.is_reset_low else "ACTIVE_HIGH"
        buses.append(
            BusInterface(
                design.reset, *_SIGNAL, "reset", "reset_rtl", "slave", (("RST", design.reset),),
                parameters=(("POLARITY", level),),
            )
        )  # fmt: skip
    if design.clock:
        related = [("ASSOCIATED_BUSIF", ours)] if ours else []
        related += [("ASSOCIATED_RESET", design.reset)] if design.reset else []
        buses.append(
            BusInterface(
                design.clock, *_SIGNAL, "clock", "clock_rtl", "slave", (("CLK", design.clock),),
                parameters=tuple(related),
            )
        )  # fmt: skip
    return buses
