"""Lattice MachXO2."""

from lutgen.chips.machxo2.family import MACHXO2

FAMILIES = (MACHXO2,)
