"""Microchip PolarFire."""

from lutgen.chips.polarfire.family import POLARFIRE

FAMILIES = (POLARFIRE,)
