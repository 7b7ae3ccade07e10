"""Gowin LittleBee and Arora."""

from lutgen.chips.gowin.family import GOWIN

FAMILIES = (GOWIN,)
