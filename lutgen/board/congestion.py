"""What to do where a chip's wires are congested: the window that its router took at that share."""

from __future__ import annotations

from lutgen.chips.registry import get_device
from lutgen.chips.routability import RANDOM, get_routability
from lutgen.errors import ConfigError
from lutgen.flow.pnr import CongestionError


def advise_window(error: CongestionError, family: str, device: str, n_luts: int) -> CongestionError:
    """Return the fault with the window that would work added to what it says.

    Parameters
    ----------
    n_luts : int
        LUTs that the design takes of the chip.
    """
    return CongestionError(f"{error}; {window_advice(family, device, n_luts)}")


def window_advice(family: str, device: str, n_luts: int) -> str:
    """Return, in words, which wires the router of a chip took at the share that so many LUTs are.

    Parameters
    ----------
    n_luts : int
        LUTs that the design takes of the chip.
    """
    chip = get_device(family, device)
    size = f"{n_luts:,} LUTs are {100 * n_luts / chip.luts:.0f} % of {chip.title}"
    try:
        known = get_routability(family, device)
    except ConfigError:
        return f"{size}; a network with wires from a window, or a narrower one, routes more easily"
    point = known.at(n_luts, chip)
    measured = get_device(family, known.device).title
    if point is None or (point.window != RANDOM and point.window <= 1):
        return (
            f"{size}, and no window of wires is known to route there; a narrower network or a "
            "smaller k would help"
        )
    at = f"{size}; at {100 * point.share:g} % of {measured} the router took"
    if point.window == RANDOM:
        return f"{at} random wires ({known.source}): try another seed, or more time"
    return (
        f"{at} windows up to {point.window} ({known.source}): learn with --wiring "
        f"window:{point.window}, or with window:auto for this chip"
    )
