"""The model: a graph of LUTs between an encoder and a head, its digest and its file.

`graph` holds LUTs and wires, `head` what makes the answer, `network` both with an encoder;
`builder` makes them of lists, `digest` says what is the function, `file` and `migrate` are about
files.
"""

from lutgen.model.head import Argmax, Bits, Head, Sum
from lutgen.model.network import ONE, ZERO, LutNetwork
from lutgen.model.provenance import Provenance, Source

__all__ = ["ONE", "ZERO", "Argmax", "Bits", "Head", "LutNetwork", "Provenance", "Source", "Sum"]
