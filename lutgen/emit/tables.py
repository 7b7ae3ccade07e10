"""Tables that are loaded while the hardware runs, in Verilog: their ports, wires and instances."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from lutgen.chips.family import Family
from lutgen.chips.registry import get_family
from lutgen.chips.tables import Loading
from lutgen.core import Core
from lutgen.errors import ConfigError
from lutgen.netlist.ir import Cell
from lutgen.version import __version__

LOAD_PORTS = ("load", "load_start", "load_at", "load_data")
_MODULE = "lutgen_table"


@dataclass(frozen=True)
class TableText:
    """What the tables of a core are in its Verilog.

    Parameters
    ----------
    loading : Loading
    names : tuple of str
        The cells, in the order in which they are loaded.
    module : str
        Name of the module of a table: that of the core with ``_table``, so that cores of several
        chips and styles stand side by side.
    text : str
        Its Verilog.
    """

    loading: Loading
    names: tuple[str, ...]
    module: str
    text: str

    def wires(self) -> list[str]:
        """Return the lines of the wires from one table to the next."""
        n = len(self.names)
        first, last, source = (0, n, "1'b0")
        if self.loading.is_shifted:
            first, last, source = (n, 0, "load_data")
        lines = []
        for i in range(n + 1):
            name = f"LOAD_{i}"
            if i == first:
                lines.append(f"  wire {name} = {source};")
            elif i == last:
                lines += _unread(name)
            else:
                lines.append(f"  wire {name};")
        return lines

    def settings(self, place: int, k: int) -> dict[str, int]:
        """Return the parameters of a table, what it holds at first apart.

        Parameters
        ----------
        place : int
            Its number in the order of loading.
        k : int
            Its inputs.
        """
        loading = self.loading
        if loading.is_shifted:
            return {"K": k, "LEAST": loading.least}
        lanes, bits = loading.lanes, loading.address_bits
        return {"K": k, "LANES": lanes, "ADDRESS_BITS": bits, "FIRST": int(place == 0)}

    def instance(
        self, cell: Cell, name: str, reads: list[str], clock: str, *, read: bool
    ) -> list[str]:
        """Return the lines of a table.

        Parameters
        ----------
        name : str
            The net that it drives.
        reads : list of str
            The nets at its inputs.
        read : bool
            Whether anything reads it.
        """
        loading, place, k = self.loading, self.names.index(cell.name), len(cell.inputs)
        digits = -(-(1 << k) // 4)
        given = {key: str(value) for key, value in self.settings(place, k).items()}
        given["INIT"] = f"{1 << k}'h{cell.init:0{digits}x}"
        settings = ", ".join(f".{key}({value})" for key, value in given.items())
        if loading.is_shifted:
            loads = f".load_in(LOAD_{place + 1}), .load_out(LOAD_{place})"
        else:
            loads = (
                ".load_start(load_start), .load_at(load_at), .load_data(load_data), "
                f".select_in(LOAD_{place}), .select_out(LOAD_{place + 1})"
            )
        return [
            *([f"  wire {name};"] if read else _unread(name)),
            f"  {self.module} #({settings}) U_{name} (",
            f"      .clk({clock}), .load(load), {loads},",
            f"      .a({{{', '.join(reversed(reads))}}}), .y({name}));",
        ]


def _unread(name: str) -> list[str]:
    return [
        "  /* verilator lint_off UNUSEDSIGNAL */  // nothing reads it",
        f"  wire {name};",
        "  /* verilator lint_on UNUSEDSIGNAL */",
    ]


def table_text(core: Core, *, behavioural: bool = False) -> TableText | None:
    """Return what the tables of a core are in its Verilog; None where they are fixed.

    Parameters
    ----------
    behavioural : bool
        Without primitives of the chip: loaded alike, made of what any tool has.
    """
    loading = core.interface.loading
    if loading is None:
        return None
    names = core.network.lut_names()
    own = core.family.tables
    assert own is not None, "a family without tables has made some"
    if behavioural:
        file = "table_shift.v" if loading.is_shifted else "table_write.v"
        text = _read(get_family("generic"), file)
    else:
        shared = own.shared.read_text(encoding="utf-8") + "\n" if own.shared else ""
        text = shared + _read(core.family, own.file)
    module = f"{core.module}_table"
    return TableText(
        loading,
        tuple(names[lut] for lut in core.network.cone.nonzero()[0]),
        module,
        text.replace(_MODULE, module),
    )


def _read(family: Family, file: str) -> str:
    path = family.file(file)
    if path is None:
        raise FileNotFoundError(f"the folder of family {family.name} lacks {file}")
    return path.read_text(encoding="utf-8")


def tables_header(core: Core) -> str:
    """Return the tables of a core's model as a C header, to be loaded into hardware like it.

    Raises
    ------
    ConfigError
        If they are fixed.
    """
    loading, interface = core.interface.loading, core.interface
    if loading is None:
        raise ConfigError(
            "tables to load are those of a core that can load them; give --reloadable, and the "
            "chip, as for the hardware"
        )
    words = struct.unpack(f"<{len(interface.image) // 4}I", interface.image)
    guard = f"{core.module}_tables".upper()
    rows = [words[start : start + 8] for start in range(0, len(words), 8)]
    lines = [
        f"/* {core.module}: tables to load, written by lutgen {__version__}",
        f" * model     sha256 {core.network.digest}",
        f" * structure sha256 {core.network.structure_digest}",
        " * Load them only where the words CORE_ID say the identity below.",
        " */",
        f"#ifndef {guard}_H",
        f"#define {guard}_H",
        "",
        "#include <stdint.h>",
        "",
        f"#define {guard}_WORDS {len(words)}u",
        f"#define {guard}_CONTENTS 0x{interface.contents:08x}u",
        "",
        f"static const uint32_t {core.module}_tables_core_id[8] = {{",
        f"    {_numbers(struct.unpack('<8I', bytes.fromhex(interface.core_id)))},",
        "};",
        "",
        f"static const uint32_t {core.module}_tables[{guard}_WORDS] = {{",
        *(f"    {_numbers(row)}," for row in rows),
        "};",
        "",
        "#endif",
        "",
    ]
    return "\n".join(lines)


def _numbers(words: Sequence[int]) -> str:
    return ", ".join(f"0x{word:08x}" for word in words)
