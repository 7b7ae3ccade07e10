"""Lattice iCE40."""

from lutgen.chips.ice40.family import ICE40

FAMILIES = (ICE40,)
