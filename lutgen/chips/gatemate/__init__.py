"""Cologne Chip GateMate."""

from lutgen.chips.gatemate.family import GATEMATE

FAMILIES = (GATEMATE,)
