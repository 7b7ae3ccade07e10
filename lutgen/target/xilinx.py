"""What AMD's 7 series and UltraScale+ have in common: LUT1 to LUT6, MUXF7, MUXF8, FDRE."""

from __future__ import annotations

from lutgen.target.family import Primitive

# INIT: I0 is bit 0 of the address
LUTS = tuple(
    Primitive(f"LUT{k}", inputs=tuple(f"I{j}" for j in range(k)), output="O", init="INIT")
    for k in range(1, 7)
)
# S = 1 selects I1
MUXF7, MUXF8, MUXF9 = (
    Primitive(f"MUXF{k}", inputs=("I0", "I1", "S"), output="O") for k in (7, 8, 9)
)
# enabled always, never reset
FDRE = Primitive("FDRE", inputs=("D",), output="Q", clock="C", ties=(("CE", 1), ("R", 0)))
