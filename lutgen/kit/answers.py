"""Where the parts of an answer stand on a stream and in registers: each in lanes of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lutgen.bits import Bits
from lutgen.core import Interface
from lutgen.netlist.head import SCORES

BYTE = 8
WORD = 32


@dataclass(frozen=True)
class Part:
    """Bits of ``y`` that belong together, and their lane.

    Parameters
    ----------
    low, width : int
        They are ``y[low + width - 1 : low]``.
    is_signed : bool
        Whether they are a two's complement number, whose sign fills its lane; zeros do else.
    at, room : int
        Its lane: where it begins, and its bits.
    meaning : str
        What it is, for people.
    """

    low: int
    width: int
    is_signed: bool
    at: int
    room: int
    meaning: str

    @property
    def in_lane(self) -> str:
        """What stands in the lane, in Verilog."""
        bits = f"y[{self.low} +: {self.width}]"
        if self.room == self.width:
            return bits
        if self.is_signed:
            return f"{{{{{self.room - self.width}{{y[{self.low + self.width - 1}]}}}}, {bits}}}"
        return f"{{{self.room - self.width}'d0, {bits}}}"


def answer_parts(interface: Interface, unit: int) -> list[Part]:
    """Return the parts of an answer: the class or bits, and each score.

    Parameters
    ----------
    unit : int
        A lane has a whole number of these: `BYTE` or `WORD`.
    """
    n_plain = interface.n_outputs - interface.n_scores * interface.score_width
    parts = []
    if n_plain:
        parts.append(Part(0, n_plain, False, 0, -(-n_plain // unit) * unit, interface.answer))
    kind = "score" if interface.answer == SCORES else "score of class"
    for score in range(interface.n_scores):
        at = parts[-1].at + parts[-1].room if parts else 0
        width = interface.score_width
        low = n_plain + score * width
        parts.append(Part(low, width, True, at, -(-width // unit) * unit, f"{kind} {score}"))
    return parts


def in_lanes(y: Bits, parts: Sequence[Part]) -> Bits:
    """Return answers as they stand at ``y`` in their lanes."""
    rows = np.zeros((parts[-1].at + parts[-1].room, y.words.shape[1]), dtype=np.uint64)
    for part in parts:
        rows[part.at : part.at + part.width] = y.words[part.low : part.low + part.width]
        if part.is_signed:
            rows[part.at + part.width : part.at + part.room] = y.words[part.low + part.width - 1]
    return Bits(rows, y.n_samples)
