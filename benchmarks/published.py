"""Published accuracy and area on the same data sets, and what each count of LUTs leaves out.

All are for xcvu9p-2 (Vivado, out of context) unless a note says otherwise; accuracies as printed
there, often in whole per cent.
"""

from __future__ import annotations

from dataclasses import dataclass

_CORE = "core only, no encoder"
_QUANTISED = "input already quantised"


@dataclass(frozen=True)
class Published:
    """A figure from the literature; `luts` counts what `includes` says; `ns` from in to out."""

    data: str
    system: str
    accuracy: float
    luts: int
    includes: str
    source: str
    ns: float = 0.0


_DWN = "Bacellar et al., ICML 2024"
_TREELUT = "Khataei and Bazargan, FPGA 2025"
_ASSEMBLE = "Andronic and Constantinides, arXiv:2504.00592"
_STUDY = "github.com/Kanishk234/dwn-fpga-study, Artix-7"

PUBLISHED = (
    Published("mnist", "DWN sm", 0.971, 692, _CORE, _DWN, 2.4),
    Published("mnist", "DWN md", 0.979, 1413, _CORE, _DWN, 3.6),
    Published("mnist", "DWN lg", 0.983, 4082, _CORE, _DWN, 6.0),
    Published("mnist", "DWN 1x300", 0.9677, 1597, "with encoder", _STUDY, 37.2),
    Published("mnist", "DWN 1x500", 0.9770, 2246, "with encoder", _STUDY, 36.9),
    Published("mnist", "NeuraLUT-Assemble", 0.979, 5070, _QUANTISED, _ASSEMBLE, 2.1),
    Published("mnist", "TreeLUT (I)", 0.97, 4478, _QUANTISED, _TREELUT, 2.5),
    Published("unsw_nb15", "TreeLUT (II), 593 bits", 0.92, 89, _QUANTISED, _TREELUT, 1.0),
    Published("unsw_nb15", "NeuraLUT-Assemble, 593 bits", 0.93, 91, _QUANTISED, _ASSEMBLE, 1.4),
    Published("unsw_nb15", "LogicNets NID-L, 593 bits", 0.931, 9087, _QUANTISED,
              "Umuroglu et al., FPL 2020", 10.0),
    # of the full set of jets: not comparable with the subset, and kept out of its picture
    Published("jsc (all 830,000 jets)", "DWN sm-50", 0.740, 311, "with encoder", _DWN, 2.0),
    Published("jsc (all 830,000 jets)", "TreeLUT (II)", 0.750, 796, _QUANTISED, _TREELUT, 1.1),
    Published("jsc (all 830,000 jets)", "HGQ-LUT", 0.769, 5667, _QUANTISED, "HGQ-LUT, 2026", 9.2),
)  # fmt: skip

# What did not run here, and why; tried with torch 2.13 for the CPU, no CUDA toolkit.
NOT_RUN = {
    "torch_dwn 1.1": "its installation builds CUDA kernels (CUDA_HOME is not set), CPU or not",
    "difflogic 0.1": "its installation builds CUDA kernels (CUDA_HOME is not set), CPU or not",
}
