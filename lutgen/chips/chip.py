"""A chip as it is named wherever hardware is made: a family, a device of it, a speed grade."""

from __future__ import annotations

from dataclasses import dataclass

from lutgen.chips.delay import DelayModel, delay_models, get_delay_model
from lutgen.chips.family import Device, Family
from lutgen.chips.registry import get_device, get_family
from lutgen.errors import ConfigError


@dataclass(frozen=True)
class Chip:
    """A chip, as far as it is chosen.

    Parameters
    ----------
    family : Family
    device : Device or None
        None: any of the family.
    grade : str
        Speed grade as the delay models name it; "": that of the device, or the family's usual one.
    """

    family: Family
    device: Device | None = None
    grade: str = ""

    @property
    def name(self) -> str:
        """Its name as on the command line: ``ecp5-25k-6``, ``ecp5-25k`` or ``ecp5``."""
        device = self.device.name if self.device else ""
        return "-".join(filter(None, (self.family.name, device, self.grade)))


def get_chip(text: str) -> Chip:
    """Return the chip of a name, ``FAMILY[-DEVICE[-GRADE]]``.

    Names of devices may hold hyphens themselves: ``gowin-gw1nr-9-c6/i5``.

    Raises
    ------
    ConfigError
        If there is no such family, device or grade; the message lists those that exist.
    """
    name, _, rest = text.partition("-")
    family = get_family(name)
    if "-" not in text:
        return Chip(family)
    fitting = [device for device in family.devices if f"{rest}-".startswith(f"{device}-")]
    device = get_device(name, max(fitting, key=len, default=rest))
    grade = rest.removeprefix(device.name).removeprefix("-")
    if not grade and rest == device.name:
        return Chip(family, device)
    grades = [model.grade for model in delay_models(family) if device.name in model.devices]
    if grade not in grades:
        known = f"choose one of: {', '.join(grades)}" if grades else "none is known, leave it out"
        raise ConfigError(f"{name}-{device.name} has no speed grade {grade!r}; {known}")
    return Chip(family, device, grade)


def chip_delays(chip: Chip) -> DelayModel:
    """Return the delays of a chip: of its grade, of its device, or the family's usual ones.

    Raises
    ------
    ConfigError
        If there are none; the message lists those that exist.
    """
    return get_delay_model(
        chip.family.name, chip.grade or (chip.device.name if chip.device else "")
    )
