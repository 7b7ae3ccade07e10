"""lutgen learns networks of lookup tables by counting and makes FPGA hardware of them."""

from lutgen.model.network import LutNetwork

__version__ = "0.1.0"
__all__ = ["LutNetwork", "__version__"]
