"""``--wiring window:auto``: the largest window of wires that a chip's router takes.

Wires are drawn before anything is learnt, so the LUTs that will reach the output can be counted for
each window beforehand, and with them the share of the chip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lutgen.board.boards import find_board
from lutgen.chips.chip import Chip, get_chip
from lutgen.chips.family import Family
from lutgen.chips.registry import get_device
from lutgen.chips.routability import RANDOM, Point, Routability, get_routability
from lutgen.encode.encoder import Encoder
from lutgen.errors import ConfigError
from lutgen.learn.memorize import Parameters, wiring
from lutgen.netlist.ir import FIRST_INPUT, LUT, Cell, NetlistBuilder


@dataclass(frozen=True)
class Chosen:
    """A wiring, ``random`` or ``window:W``, and in words what it was chosen by."""

    wiring: str
    why: str


def chip_for_window(board: str | None, chip: str | None) -> Chip:
    """Return the chip of a board, or the one named ``FAMILY-DEVICE``.

    Raises
    ------
    ConfigError
        If neither or both are given, or there is none of that name.
    """
    if (board is None) == (chip is None):
        raise ConfigError(
            f"--wiring {wiring.AUTO} is for one chip: name it with --board, e.g. icebreaker, or "
            "with --chip, e.g. ice40-hx8k"
        )
    if board is not None:
        found = find_board(board)
        return get_chip(f"{found.family}-{found.device}")
    named = get_chip(str(chip))
    if named.device is None:
        raise ConfigError(
            f"--wiring {wiring.AUTO} is for one chip, not for all of {chip}; choose one of: "
            + ", ".join(Chip(named.family, device).name for device in named.family.devices.values())
        )
    return named


def choose_window(
    parameters: Parameters,
    encoder: Encoder,
    feature_shape: Sequence[int],
    chip: Chip,
) -> Chosen:
    """Choose the largest window that the chip's router took at the share that the network takes.

    Parameters
    ----------
    parameters : Parameters
        All but the wiring.
    encoder : Encoder
        Says how many bits there are, and where they lie on an image.
    chip : Chip
        One device.

    Raises
    ------
    ConfigError
        If no window would do, or nothing is known of the chip's router.
    """
    room = chip.device
    assert room is not None
    known = get_routability(chip.family.name, room.name)
    each = luts_of_table(chip.family, parameters.k)
    n_luts, larger = 0, ""
    for window in _windows(known, parameters.k):
        n_luts = each * _cone_size(parameters, window, encoder, feature_shape)
        point = known.at(n_luts, room)
        spec = "random" if window == RANDOM else f"window:{window}"
        size = f"{n_luts:,} LUTs = {100 * n_luts / room.luts:.1f} %"
        if point is None or not point.takes(window):
            larger = f"; {spec} would take {size}, {_taken(known, point)}"
            continue
        return Chosen(
            spec,
            f"{spec}: at most {size} of {room.title}, {_taken(known, point)}{larger} "
            f"({known.source})",
        )
    raise ConfigError(
        f"no window of {parameters.k} signals or more is known to route where a network takes "
        f"{100 * n_luts / room.luts:.0f} % of {room.title} (measured up to "
        f"{100 * known.points[-1].share:.0f} %); make it narrower or k smaller, or name the window"
    )


def luts_of_table(family: Family, k: int) -> int:
    """Return how many LUTs of a family a truth table of k inputs takes, if nothing is simpler."""
    builder = NetlistBuilder(k)
    table = int.from_bytes(np.random.default_rng(0).bytes(max(1, (1 << k) // 8)), "little")
    inputs = tuple(range(FIRST_INPUT, FIRST_INPUT + k))
    net = builder.add(Cell(LUT, inputs, table & ((1 << (1 << k)) - 1), "table", 1))
    mapped = family.map(builder.finish((net,)))
    return sum(cell.kind == LUT and not cell.hard for cell in mapped.cells)


def _windows(known: Routability, k: int) -> list[int]:
    """Return the windows to consider: all wires first, then the measured ones from the largest."""
    measured = {point.window for point in known.points} - {RANDOM}
    return [RANDOM, *(window for window in sorted(measured, reverse=True) if window >= k)]


def _cone_size(
    parameters: Parameters, window: int, encoder: Encoder, feature_shape: Sequence[int]
) -> int:
    """Return how many LUTs will reach the output."""
    layers = wiring.draw(
        wiring.Wiring(window),
        k=parameters.k,
        widths=(*parameters.widths, 1),
        n_inputs=encoder.n_bits,
        seed=parameters.seed,
        positions=wiring.image_positions(feature_shape, encoder.feature),
    )
    return sum(kept.size for kept in wiring.cones(layers))


def _taken(known: Routability, point: Point | None) -> str:
    if point is None:
        return "more than was measured"
    if point.window == RANDOM:
        windows = "random wires"
    else:
        windows = f"windows up to {point.window}" if point.window > 1 else "no windows"
    title = get_device(known.family, known.device).title
    return f"and at {100 * point.share:g} % of {title} the router took {windows}"
