"""AMD 7 series and UltraScale+."""

from lutgen.chips.xilinx.xcup import XCUP
from lutgen.chips.xilinx.xilinx7 import XILINX7

FAMILIES = (XILINX7, XCUP)
