"""Fixed-point numbers made of LUTs: sums, products, tables, exact whatever their widths.

A number is nets of its code in two's complement, lowest bit first, and the exponent of what a code
of 1 is worth. Its least and largest code are tracked, so that no sum is wider than it has to be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lutgen.errors import ModelError
from lutgen.importers.luts import LutBuilder
from lutgen.netlist.ir import CONST0, CONST1

MAX_WIDTH = 64
MAX_LOOK_UP = 20
_SUM, _DIFFERENCE = 0b10010110, 0b01101001  # of a, b and carry; of a, b and no borrow
_CARRY, _NO_BORROW = 0b11101000, 0b10110010
_AND, _OR, _XOR, _AND_NOT = 0b1000, 0b1110, 0b0110, 0b0010
BITWISE = (_AND, _OR, _XOR)


@dataclass(frozen=True)
class Number:
    """A number in hardware.

    Parameters
    ----------
    nets : tuple of int
        Bits of its code; the last one is the sign where `least` is below zero.
    least, largest : int
        Codes that it can have.
    exponent : int
        The value is ``code * 2**exponent``.
    """

    nets: tuple[int, ...]
    least: int
    largest: int
    exponent: int

    @property
    def sign(self) -> int:
        """The net that is one where the number is below zero."""
        return self.nets[-1] if self.least < 0 else CONST0

    def bit(self, place: int) -> int:
        """Return the net of a bit of the code, of any place."""
        if place < 0:
            return CONST0
        return self.nets[place] if place < len(self.nets) else self.sign

    def times_two_to(self, shift: int) -> Number:
        """Return the number times a power of two."""
        return replace(self, exponent=self.exponent + shift)

    def aligned(self, exponent: int) -> Number:
        """Return the same number in finer steps."""
        shift = self.exponent - exponent
        if shift + len(self.nets) > MAX_WIDTH:
            raise ModelError(f"numbers of more than {MAX_WIDTH} bits")
        nets = (CONST0,) * shift + self.nets
        return Number(nets, self.least << shift, self.largest << shift, exponent)


def width_of(least: int, largest: int) -> int:
    """Return the bits that codes of a range need, the sign included."""
    width = max(largest, -1 - least).bit_length() + (least < 0)
    if width > MAX_WIDTH:
        raise ModelError(f"numbers of more than {MAX_WIDTH} bits")
    return width


def constant(code: int, exponent: int) -> Number:
    """Return a number that never changes."""
    width = width_of(code, code)
    nets = tuple(CONST1 if code >> place & 1 else CONST0 for place in range(width))
    return Number(nets, code, code, exponent)


def add(luts: LutBuilder, a: Number, b: Number, *, minus: bool = False) -> Number:
    """Return ``a + b``, or ``a - b``."""
    exponent = min(a.exponent, b.exponent)
    a, b = a.aligned(exponent), b.aligned(exponent)
    ends = (-b.largest, -b.least) if minus else (b.least, b.largest)
    least, largest = a.least + ends[0], a.largest + ends[1]
    total, onward = (_DIFFERENCE, _NO_BORROW) if minus else (_SUM, _CARRY)
    carry = CONST1 if minus else CONST0
    nets = []
    for place in range(width_of(least, largest)):
        reads = (a.bit(place), b.bit(place), carry)
        nets.append(luts.add(total, reads))
        carry = luts.add(onward, reads)
    return Number(tuple(nets), least, largest, exponent)


def negative(luts: LutBuilder, a: Number) -> Number:
    """Return ``-a``."""
    return add(luts, constant(0, a.exponent), a, minus=True)


def wrap(a: Number, exponent: int, width: int, *, signed: bool) -> Number:
    """Return the number with the bits of a format alone: what is finer or beyond is cut off."""
    if not 0 <= width <= MAX_WIDTH:
        raise ModelError(f"a number of {width} bits; 0 to {MAX_WIDTH} are possible")
    first = exponent - a.exponent
    least = -(1 << width >> 1) if signed else 0
    largest = least + (1 << width) - 1
    ends = [end >> first if first >= 0 else end << -first for end in (a.least, a.largest)]
    if least <= ends[0] and ends[1] <= largest:
        least, largest = ends[0], ends[1]
    nets = tuple(a.bit(place + first) for place in range(width_of(least, largest)))
    return Number(nets, least, largest, exponent)


def relu(luts: LutBuilder, a: Number) -> Number:
    """Return the number, or 0 where it is less."""
    if a.least >= 0:
        return a
    largest = max(a.largest, 0)
    nets = tuple(luts.add(_AND_NOT, (net, a.sign)) for net in a.nets[: width_of(0, largest)])
    return Number(nets, 0, largest, a.exponent)


def choose(luts: LutBuilder, select: int, a: Number, b: Number) -> Number:
    """Return `a` where a net is one, else `b`."""
    exponent = min(a.exponent, b.exponent)
    a, b = a.aligned(exponent), b.aligned(exponent)
    least, largest = min(a.least, b.least), max(a.largest, b.largest)
    nets = tuple(
        luts.choose(select, a.bit(place), b.bit(place)) for place in range(width_of(least, largest))
    )
    return Number(nets, least, largest, exponent)


def multiply(luts: LutBuilder, a: Number, b: Number) -> Number:
    """Return the product: each bit of one number adds the other, shifted; its sign takes it off."""
    if len(a.nets) < len(b.nets):
        a, b = b, a
    product = constant(0, a.exponent + b.exponent)
    for place, net in enumerate(b.nets):
        part = Number(
            tuple(luts.add(_AND, (own, net)) for own in a.nets),
            min(a.least, 0),
            max(a.largest, 0),
            a.exponent + b.exponent + place,
        )
        is_sign = b.least < 0 and place == len(b.nets) - 1
        product = add(luts, product, part, minus=is_sign)
    ends = [x * y for x in (a.least, a.largest) for y in (b.least, b.largest)]
    return _narrow(product.aligned(a.exponent + b.exponent), min(ends), max(ends))


def _narrow(a: Number, least: int, largest: int) -> Number:
    """Return the number of which a smaller range is known."""
    return Number(a.nets[: width_of(least, largest)], least, largest, a.exponent)


def look_up(luts: LutBuilder, a: Number, values: Callable[[int], int], exponent: int) -> Number:
    """Return what a function of the code gives, as codes of an exponent; a LUT a bit.

    The function is asked for each code that the number can have; elsewhere bits are 0.
    """
    if len(a.nets) > MAX_LOOK_UP:
        raise ModelError(f"a table of {len(a.nets)} input bits; {MAX_LOOK_UP} are possible")
    mask = (1 << len(a.nets)) - 1
    entries = {code & mask: values(code) for code in range(a.least, a.largest + 1)}
    least, largest = min(entries.values()), max(entries.values())
    nets = []
    for place in range(width_of(least, largest)):
        table = bytearray((1 << len(a.nets)) + 7 >> 3)
        for address, value in entries.items():
            table[address >> 3] |= (value >> place & 1) << (address & 7)
        nets.append(luts.look_up(int.from_bytes(table, "little"), a.nets))
    return Number(tuple(nets), least, largest, exponent)


def bitwise(luts: LutBuilder, table: int, a: Number, b: Number) -> Number:
    """Return a function of two inputs of each pair of bits, signs without end."""
    exponent = min(a.exponent, b.exponent)
    a, b = a.aligned(exponent), b.aligned(exponent)
    sign = luts.add(table, (a.sign, b.sign))
    width = max(len(a.nets), len(b.nets))
    nets = [luts.add(table, (a.bit(place), b.bit(place))) for place in range(width)]
    return of_bits([*nets, sign] if sign != CONST0 else nets, exponent, signed=sign != CONST0)


def of_bits(nets: Sequence[int], exponent: int, *, signed: bool) -> Number:
    """Return the number whose code has these bits."""
    width = len(nets)
    least = -(1 << width >> 1) if signed else 0
    return Number(tuple(nets), least, least + (1 << width) - 1, exponent)
