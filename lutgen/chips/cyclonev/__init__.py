"""Intel Cyclone V."""

from lutgen.chips.cyclonev.family import CYCLONEV

FAMILIES = (CYCLONEV,)
