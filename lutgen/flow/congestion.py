"""Whether a router gets anywhere: what nextpnr's log says while it runs, and a forecast from that.

router1 routes arc after arc and rips up what is in the way; it prints how many remain, and when.
router2 lets wires carry several signals and negotiates; it prints how many wires are overused.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

MIN_SHARE = {"router1": 0.05, "router2": 0.01}  # below this share, the last few take their time
_MIN_ROWS = 8
_NEGLIGIBLE = 0.5  # of an overused wire: none

_ARCS = re.compile(r"Routing (\d+) arcs")
_ROUTER1 = re.compile(
    r"^Info:\s+\d+ \|\s+\d+\s+\d+ \|\s+\d+\s+\d+ \|\s+(\d+)\|\s+[\d.]+\s+([\d.]+)\|", re.M
)
_ROUTER2 = re.compile(r"iter=\d+ wires=(\d+) overused=(\d+)")


@dataclass(frozen=True)
class Progress:
    """How far a router has come.

    Parameters
    ----------
    router : {"router1", "router2"}
    total : int
        router1: connections to be routed; router2: wires in use.
    left : tuple of int
        Row by row: connections that remain to be routed, or wires that carry two signals.
    seconds : tuple of float
        When, since routing began; empty for router2, which does not say.
    """

    router: str
    total: int
    left: tuple[int, ...]
    seconds: tuple[float, ...] = ()


def read_progress(log: str) -> Progress | None:
    """Return how far routing had come; None if it had not begun.

    Parameters
    ----------
    log : str
        What nextpnr printed, with or without an end.
    """
    if rows := _ROUTER2.findall(log):
        return Progress("router2", int(rows[-1][0]), tuple(int(row[1]) for row in rows))
    arcs, rows = _ARCS.search(log), _ROUTER1.findall(log)
    if not arcs or not rows:
        return None
    left, seconds = zip(*rows, strict=True)
    return Progress("router1", int(arcs[1]), tuple(map(int, left)), tuple(map(float, seconds)))


def forecast(log: str, seconds: float) -> float | None:
    """Return the seconds that a router still needs, going on as in the last half of its rows.

    Infinite if it gets nowhere; None if it is too early to say, or only the last few are left.

    Parameters
    ----------
    seconds : float
        How long nextpnr has run, for a router that does not say so itself.
    """
    progress = read_progress(log)
    if progress is None or len(progress.left) < _MIN_ROWS:
        return None
    left, n_rows = progress.left, len(progress.left)
    if left[-1] < MIN_SHARE[progress.router] * progress.total:
        return None
    middle = n_rows // 2
    if left[-1] >= left[middle]:
        return math.inf
    if progress.router == "router1":
        pace = (left[middle] - left[-1]) / max(progress.seconds[-1] - progress.seconds[middle], 0.1)
        return left[-1] / pace
    decay = math.log(left[middle] / left[-1]) / (n_rows - 1 - middle)
    return math.log(left[-1] / _NEGLIGIBLE) / decay * seconds / n_rows


def standing(log: str) -> str:
    """Return, in words, where routing stood; "" if it had not begun."""
    progress = read_progress(log)
    if progress is None:
        return ""
    if progress.router == "router1":
        return f", {progress.left[-1]:,} of {progress.total:,} connections were still to be routed"
    return f", {progress.left[-1]:,} of {progress.total:,} wires still carried two signals"
