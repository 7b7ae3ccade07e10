"""The core: a network's hardware as a netlist.

`config` says what it is to be, `interface` what its ports carry, `lower` makes a netlist of the
network, and `build` all steps from there to the chip's primitives.
"""

from lutgen.core.build import Core, Step, Timing, make_core
from lutgen.core.config import DEFAULT_MODULE, CoreConfig, config_of
from lutgen.core.interface import Interface

__all__ = [
    "DEFAULT_MODULE",
    "Core",
    "CoreConfig",
    "Interface",
    "Step",
    "Timing",
    "config_of",
    "make_core",
]
