"""What routers take: the largest window of wires at each share of a chip, as measured.

A LUT that may read any signal of the layer before asks for long wires, and chips have few of them.
The figures are in ``routability.json`` in the folder of each family, with tool, options and date;
``benchmarks/routing.py`` measures them on networks of five layers of 4-LUTs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from lutgen.chips.family import Device, Family
from lutgen.chips.registry import families, get_device, get_family
from lutgen.errors import ConfigError

RANDOM = 0  # the window that stands for the whole layer

FILE = "routability.json"


@dataclass(frozen=True)
class Point:
    """The largest window that was routed where a network took a share of a chip.

    Parameters
    ----------
    share : float
        LUTs of the network by LUTs of the chip.
    window : int
        Signals that each LUT may read among; `RANDOM` for all of a layer, 1 if none was routed.
    fmax_mhz : float
        What that network reached; 0 if none was routed.
    """

    share: float
    window: int
    fmax_mhz: float = 0.0

    def takes(self, window: int) -> bool:
        """Whether a window is no larger."""
        return self.window == RANDOM or RANDOM < window <= self.window


@dataclass(frozen=True)
class Routability:
    """What the router of a chip takes.

    Parameters
    ----------
    family, device : str
        The chip that was measured.
    points : tuple of Point
        By ascending share.
    source : str
        What was measured, how and when.
    """

    family: str
    device: str
    points: tuple[Point, ...]
    source: str

    def at(self, n_luts: int, chip: Device) -> Point | None:
        """Return the point that tells of so many LUTs on a chip; None if none was measured.

        It is that of the same share or the next one above; on a chip that is larger than the one
        that was measured, the point of as many LUTs.
        """
        luts = min(chip.luts, get_family(self.family).devices[self.device].luts)
        return next((point for point in self.points if n_luts <= point.share * luts), None)


@cache
def routabilities(family: Family) -> tuple[Routability, ...]:
    """Return what was measured on a family's chips, the smaller ones first."""
    path = family.file(FILE)
    if path is None:
        return ()
    data = json.loads(path.read_text(encoding="utf-8"))
    measured = (
        Routability(
            family=family.name,
            device=device,
            points=tuple(
                Point(float(share), item["window"], item.get("fmax_mhz", 0.0))
                for share, item in part["largest_window"].items()
            ),
            source=f"{part['tool']}, {part['options']}, {part['date']}",
        )
        for device, part in data.items()
    )
    return tuple(sorted(measured, key=lambda part: family.devices[part.device].luts))


def get_routability(family: str, device: str) -> Routability:
    """Return what is known for a chip: measured on it, on the next larger one, or the largest.

    The same share of a smaller chip holds fewer LUTs, which route more easily; so do as many LUTs
    on a larger one.

    Raises
    ------
    ConfigError
        If there is no such device, or nothing was measured in its family.
    """
    chip = get_device(family, device)
    measured = routabilities(get_family(family))
    if not measured:
        known = ", ".join(name for name, other in families().items() if routabilities(other))
        raise ConfigError(
            f"no open router was measured for chip family {family!r}, so no window can be chosen "
            f"for it; name one (window:W), or choose a chip of: {known}"
        )
    for part in measured:
        if part.device == device:
            return part
    for part in measured:
        if get_family(family).devices[part.device].luts >= chip.luts:
            return part
    return measured[-1]
