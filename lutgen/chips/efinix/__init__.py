"""Efinix Trion and Titanium."""

from lutgen.chips.efinix.family import EFINIX

FAMILIES = (EFINIX,)
