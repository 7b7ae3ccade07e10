"""A window in hardware: whole numbers made of the steps of a series by adders of exact width."""

from __future__ import annotations

from lutgen.encode.formats import FeatureFormat
from lutgen.encode.window import Term, Window
from lutgen.netlist.ir import CONST0, ENCODER, FIRST_INPUT, LUT, Cell, Netlist, NetlistBuilder

_XOR2, _AND2, _OR_NOT2 = 0b0110, 0b1000, 0b1011
_XOR3, _XNOR3, _MAJ3, _MAJ3_NOT = 0b10010110, 0b01101001, 0b11101000, 0b10110010
"""Of a, b and the carry, a bit 0 of the address; the last and ``_XNOR3`` with b inverted."""


def lower_window(window: Window) -> Netlist:
    """Return the adders of a window.

    Inputs are the codes of its columns, one after the other, bit 0 first; outputs the numbers of
    :attr:`Window.terms` likewise, in the formats :attr:`Window.feature_formats`. Sums are trees:
    that of 8 steps is that of the newest 4 and that of the 4 before, which other sums share.
    """
    return _Adders(window).netlist()


class _Adders:
    """Numbers as nets, bit 0 first, and adders between them."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._codes: list[tuple[int, ...]] = []
        net = FIRST_INPUT
        for item in window.column_formats:
            self._codes.append(tuple(range(net, net + item.width)))
            net += item.width
        self._builder = NetlistBuilder(net - FIRST_INPUT)
        self._sums: dict[tuple[int, ...], tuple[int, ...]] = {}

    def netlist(self) -> Netlist:
        outputs: list[int] = []
        for number, term in enumerate(self._window.terms):
            nets = self._sum(term.plus)
            if term.minus:
                nets = self._add(f"w{number}", term, term.plus, term.minus, subtract=True)
            outputs += nets
        return self._builder.finish(tuple(outputs))

    def _sum(self, places: tuple[int, ...]) -> tuple[int, ...]:
        """Return the sum of columns of one channel, the oldest first."""
        if len(places) == 1:
            return self._codes[places[0]]
        if places not in self._sums:
            half = 1 << ((len(places) - 1).bit_length() - 1)
            name = f"w_sum{places[0]}_{places[-1]}"
            self._sums[places] = self._add(
                name, Term(name, places), places[-half:], places[:-half], subtract=False
            )
        return self._sums[places]

    def _add(
        self,
        name: str,
        term: Term,
        first: tuple[int, ...],
        second: tuple[int, ...],
        *,
        subtract: bool,
    ) -> tuple[int, ...]:
        """Add a ripple of full adders, as wide as the result needs."""
        low, high = self._window.range_of(term)
        width = max(high, -1 - low if low < 0 else 0).bit_length() + (low < 0)
        a, b = (self._wide(places, width) for places in (first, second))
        carry, nets = CONST0, []
        for place in range(width):
            inputs: tuple[int, ...] = (a[place], b[place], carry)
            if place == 0:  # the carry that comes in is 1 where b is subtracted
                inputs, total, carried = inputs[:2], _XOR2, _OR_NOT2 if subtract else _AND2
            elif subtract:
                total, carried = _XNOR3, _MAJ3_NOT
            else:
                total, carried = _XOR3, _MAJ3
            nets.append(self._cell(f"{name}_s{place}", inputs, total))
            if place < width - 1:
                carry = self._cell(f"{name}_c{place}", inputs, carried)
        return tuple(nets)

    def _wide(self, places: tuple[int, ...], width: int) -> list[int]:
        """Return a number in so many bits: above it stand copies of its sign, or zeros."""
        nets = self._sum(places)
        signed = self._format(places).signed
        return [
            nets[place] if place < len(nets) else nets[-1] if signed else CONST0
            for place in range(width)
        ]

    def _format(self, places: tuple[int, ...]) -> FeatureFormat:
        return self._window.column_formats[places[0]]

    def _cell(self, name: str, inputs: tuple[int, ...], init: int) -> int:
        cell = Cell(kind=LUT, inputs=inputs, init=init, name=name, layer=0, part=ENCODER)
        return self._builder.add(cell)
