"""Lattice ECP5."""

from lutgen.chips.ecp5.family import ECP5

FAMILIES = (ECP5,)
