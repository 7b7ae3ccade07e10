"""Lattice Nexus: CrossLink-NX and Certus-NX."""

from lutgen.chips.nexus.family import NEXUS

FAMILIES = (NEXUS,)
