"""lutgen learns networks of lookup tables by counting and makes FPGA hardware of them."""

from lutgen import moved
from lutgen.model import LutNetwork

__version__ = "0.1.0"
__all__ = ["LutNetwork", "__version__"]

moved.install()
