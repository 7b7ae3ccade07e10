"""No chip in particular."""

from lutgen.chips.generic.family import GENERIC

FAMILIES = (GENERIC,)
