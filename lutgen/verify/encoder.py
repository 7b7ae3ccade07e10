"""The encoder in hardware against what it is to be: ``scale * code + offset >= threshold``.

Where the encoder gives bits of a number, ``floor((scale * code + offset) / weight)`` is to be odd.

At the code reserved for missing values, it is to be what the encoder says of these instead.

The formula is evaluated as it stands, in fractions, of codes alone: as the value of a code grows
with it, the least code that passes is found by halving the range. What a netlist has to do is then
"the code is that one or larger", which is written down as a comparison bit by bit. Nothing of it is
taken from what built the encoder (:mod:`lutgen.core.lower`, the threshold codes of
:mod:`lutgen.encode.formats`).
"""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

import numpy as np

from lutgen.core import Core
from lutgen.core.inputs import used_bits
from lutgen.encode.encoder import CODE
from lutgen.encode.formats import MAX_WIDTH, FeatureFormat
from lutgen.encode.window import Window
from lutgen.errors import MismatchError
from lutgen.netlist.ir import (
    CONST0,
    CONST1,
    ENCODER,
    FIRST_INPUT,
    LUT,
    Cell,
    Netlist,
    NetlistBuilder,
)

_BIT = re.compile(r"e(\d+)_f\d+_(?:gem?|bit)\d+")
_OR, _AND, _XOR = 0b1110, 0b1000, 0b0110


def first_code(item: FeatureFormat, threshold: float) -> int:
    """Return the least code whose value is the threshold or more; one past the last if none is."""
    scale, offset, wanted = Fraction(item.scale), Fraction(item.offset), Fraction(threshold)
    half = 1 << (item.width - 1)
    low, high = (-half, half) if item.signed else (0, 2 * half)
    while low < high:
        middle = (low + high) // 2
        if scale * middle + offset >= wanted:
            high = middle
        else:
            low = middle + 1
    return low


def formula(core: Core) -> Netlist:
    """Return what the encoder of a core is to be: an output for each bit that the model uses."""
    interface, encoder = core.interface, core.network.encoder
    builder = NetlistBuilder(interface.n_inputs)
    starts = np.cumsum([FIRST_INPUT, *interface.widths]).tolist()
    numbers = [list(range(*ends)) for ends in pairwise(starts)]
    formats = interface.formats
    if (window := encoder.window) is not None:
        numbers, formats = _of_window(builder, window, numbers), window.feature_formats
    outputs = []
    for bit in np.flatnonzero(used_bits(core.network)).tolist():
        feature = int(encoder.feature[bit])
        item, nets = formats[feature], numbers[feature]
        threshold = float(encoder.threshold[bit])
        if encoder.kind == CODE:
            outputs.append(_is_odd(builder, f"formula{bit}", nets, item, threshold))
            continue
        net = CONST0
        if threshold < np.inf:
            least = first_code(item, threshold)
            net = _at_least(builder, f"formula{bit}", nets, item, least)
        if encoder.missing is not None and item.missing is not None:
            net = _unless_missing(
                builder, f"missing{bit}", nets, item.missing, net, bool(encoder.missing[bit])
            )
        outputs.append(net)
    return builder.finish(tuple(outputs))


def _of_window(builder: NetlistBuilder, window: Window, codes: list[list[int]]) -> list[list[int]]:
    """Add the sums and differences of codes that a window is, in gates of two inputs.

    Each number has the bits of the widest feature there may be, more than any sum needs; what comes
    out is cut to the bits of its format, which hold all values that there are.
    """
    added: dict[tuple[int, ...], list[int]] = {}

    def total(places: tuple[int, ...]) -> list[int]:
        if len(places) == 1:
            item, own = window.column_formats[places[0]], codes[places[0]]
            above = own[-1] if item.signed else CONST0
            return own + [above] * (MAX_WIDTH - len(own))
        if places not in added:
            half = 1 << ((len(places) - 1).bit_length() - 1)
            name = f"formula_sum{places[0]}_{places[-1]}"
            added[places] = _plus(builder, name, total(places[-half:]), total(places[:-half]))
        return added[places]

    numbers = []
    for number, (term, item) in enumerate(zip(window.terms, window.feature_formats, strict=True)):
        nets = total(term.plus)
        if term.minus:
            name = f"formula_difference{number}"
            nets = _plus(builder, name, nets, total(term.minus), negative=True)
        numbers.append(nets[: item.width])
    return numbers


def _plus(
    builder: NetlistBuilder, name: str, a: list[int], b: list[int], *, negative: bool = False
) -> list[int]:
    """Add ``a + b``, or ``a - b`` as ``a + not b + 1``, modulo a power of two."""
    carry, nets = CONST1 if negative else CONST0, []

    def gate(what: str, inputs: tuple[int, int], table: int) -> int:
        return builder.add(Cell(LUT, inputs, table, f"{name}_{place}{what}", 0))

    for place, own in enumerate(a):
        other = gate("n", (b[place], CONST0), 0b0001) if negative else b[place]
        half = gate("h", (own, other), _XOR)
        nets.append(gate("s", (half, carry), _XOR))
        both = gate("b", (own, other), _AND)
        carried = gate("p", (half, carry), _AND)
        carry = gate("c", (both, carried), _OR)
    return nets


def _at_least(
    builder: NetlistBuilder, name: str, nets: list[int], item: FeatureFormat, least: int
) -> int:
    """Add ``code >= least`` from the lowest bit up, two inputs a cell."""
    half = 1 << (item.width - 1)
    if least == (half if item.signed else 2 * half):
        return CONST0
    net = CONST1  # equal so far
    for place, own in enumerate(nets):
        wanted = least >> place & 1
        if item.signed and place == item.width - 1:
            # own bit lowest; a sign of 1 makes the number less: it passes where it need not be 1
            table = 0b1101 if wanted else 0b0100
        else:
            table = _AND if wanted else _OR
        net = builder.add(Cell(LUT, (own, net), table, f"{name}_{place}", 0))
    return net


def _is_odd(
    builder: NetlistBuilder, name: str, nets: list[int], item: FeatureFormat, weight: float
) -> int:
    """Add "``floor(value / weight)`` is odd" as an XOR of what each bit of the code adds to it.

    A bit adds a multiple of one weight, which counts if it is odd, or less than one; what is less
    adds up to less than one, so nothing is carried. A sign alone makes the sum less than zero.

    Raises
    ------
    MismatchError
        If it adds another fraction, or the values do not begin at 0.
    """
    net, whole = CONST0, False
    for place, own in enumerate(nets):
        added = Fraction(item.scale) * (1 << place) / Fraction(weight)
        # in lowest terms a power of two, or one over it
        if item.offset or (added.numerator * added.denominator).bit_count() != 1:
            raise MismatchError(f"the format {item} has no bit of {weight:g}")
        is_sign = item.signed and place == item.width - 1
        if added.denominator == 1:
            whole = True
        if added == 1 or (is_sign and not whole):
            net = builder.add(Cell(LUT, (net, own), _XOR, f"{name}_{place}", 0))
    return net


def _unless_missing(
    builder: NetlistBuilder, name: str, nets: list[int], code: int, net: int, given: bool
) -> int:
    """Add "the bit is `given` if the code is this one, else as the net", two inputs a cell."""
    differs = CONST0  # from the code, in the bits so far
    for place, own in enumerate(nets):
        table = 0b1101 if code >> place & 1 else _OR  # own bit lowest
        differs = builder.add(Cell(LUT, (own, differs), table, f"{name}_{place}", 0))
    table = 0b1011 if given else _AND  # of the net, and then of whether it differs
    return builder.add(Cell(LUT, (net, differs), table, name, 0))


def built_encoder(core: Core) -> Netlist:
    """Return the encoder as it stands in front of the core, with the outputs of :func:`formula`.

    Raises
    ------
    MismatchError
        If a comparator is not there.
    """
    source = core.source
    nets: dict[int, int] = {}
    last = 0
    for place, cell in enumerate(source.cells):
        if cell.part != ENCODER:
            continue
        last = place + 1
        if found := _BIT.fullmatch(cell.name):
            nets[int(found[1])] = source.first_cell + place
    used = np.flatnonzero(used_bits(core.network)).tolist()
    if missing := [bit for bit in used if bit not in nets]:
        raise MismatchError(f"the core has no comparator for bit {missing[0]} of its encoder")
    return Netlist(source.n_inputs, source.cells[:last], tuple(nets[bit] for bit in used))
