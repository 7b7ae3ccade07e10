"""How the tables of a core can be loaded while it runs: what a chip family has for that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SHIFT, SHIFT_32, WRITE = "shift", "shift-32", "write"
STYLES = {
    SHIFT: "all tables are one shift register, the first entry in goes farthest",
    SHIFT_32: "all tables are one shift register, each of 32 entries at least",
    WRITE: "tables are written at addresses, one table after the other",
}
"""Each way to load tables, and what it is."""

RAM_TABLE = Path(__file__).parent / "fabric" / "table_ram.v"
"""A table of RAMs of 16 words of 4 bits, which a family has as ``lutgen_table_ram``."""

_LEAST_RAM = 16  # entries of the smallest RAM


@dataclass(frozen=True)
class LoadableTables:
    """The tables of a family.

    Parameters
    ----------
    style : str
        One of :data:`STYLES`.
    file : str
        Verilog file in the family's folder with the module ``lutgen_table`` of that style, or with
        what that is made of if it is shared.
    cells : tuple of str
        Modules of the vendor's library that it is made of.
    shared : Path, optional
        File with the module ``lutgen_table`` where several families have the same.
    """

    style: str
    file: str
    cells: tuple[str, ...] = ()
    shared: Path | None = None


@dataclass(frozen=True)
class Loading:
    """How the tables of one core are loaded.

    Parameters
    ----------
    style : str
        One of :data:`STYLES`.
    fan_ins : tuple of int
        Inputs of each table, in the order in which they are loaded.

    Notes
    -----
    Tables come in one after the other, each from its highest entry down; entries that it lacks are
    0. To be written at addresses, each has as many entries as the largest, and entries that stand
    at one address of the RAM, `lanes` of them, follow each other.
    """

    style: str
    fan_ins: tuple[int, ...]

    @property
    def max_fan_in(self) -> int:
        """Inputs of the largest table."""
        return max(self.fan_ins, default=1)

    @property
    def is_shifted(self) -> bool:
        """Whether the tables are a shift register."""
        return self.style != WRITE

    @property
    def least(self) -> int:
        """Entries that a table has at least, as a shift register."""
        return 32 if self.style == SHIFT_32 else 1

    @property
    def lanes(self) -> int:
        """Entries that are written at once."""
        if self.is_shifted:
            return 1
        return min(max((1 << self.max_fan_in) // _LEAST_RAM, 1), 4)

    @property
    def address_bits(self) -> int:
        """Bits of the address that entries are written at, lanes apart."""
        return max(self.max_fan_in - self.lanes.bit_length() + 1, 1)

    @property
    def ports(self) -> dict[str, int]:
        """The core's input ports that load its tables, and their bits; 0 for one without range."""
        if self.is_shifted:
            return {"load": 0, "load_data": 0}
        return {
            "load": 0,
            "load_start": 0,
            "load_at": self.address_bits,
            "load_data": self.lanes,
        }

    @property
    def n_entries(self) -> int:
        """Entries of all tables as they are loaded."""
        if self.is_shifted:
            return sum(max(1 << k, self.least) for k in self.fan_ins)
        return len(self.fan_ins) << (self.address_bits + self.lanes.bit_length() - 1)

    @property
    def n_bits(self) -> int:
        """Bits that are loaded: whole words of 32."""
        return 32 * -(-self.n_entries // 32)

    def image(self, tables: tuple[int, ...]) -> bytes:
        """Return tables as they are loaded: bit 0 of byte 0 is the first to come.

        What fills the last word comes first where the tables are a shift register, out of whose
        end it falls, and last where they are written.

        Parameters
        ----------
        tables : tuple of int
            Each table's entries, entry p at bit p.
        """
        bits: list[int] = []
        for table, k in zip(tables, self.fan_ins, strict=True):
            bits += [table >> entry & 1 for entry in self.order(k)]
        idle = [0] * (self.n_bits - len(bits))
        stream = idle + bits if self.is_shifted else bits + idle
        return bytes(
            sum(bit << place for place, bit in enumerate(stream[start : start + 8]))
            for start in range(0, len(stream), 8)
        )

    def order(self, k: int) -> list[int]:
        """Return which entry of a table of `k` inputs each of its bits is, the first to come first.

        Entries of ``2**k`` or more are none, and 0.
        """
        if self.is_shifted:
            return list(range(max(1 << k, self.least) - 1, -1, -1))
        low = min(self.max_fan_in, 4)  # bits of the address of one RAM
        lane_bits = self.lanes.bit_length() - 1
        entries = []
        for at in range((1 << self.address_bits) - 1, -1, -1):
            inner, outer = at & ((1 << low) - 1), at >> low
            entries += [
                inner | lane << low | outer << (low + lane_bits)
                for lane in range(self.lanes - 1, -1, -1)
            ]
        return entries
