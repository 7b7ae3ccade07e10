"""What tests of importers share: files made of bytes, damage done to them, networks compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from lutgen.core.lower import lower
from lutgen.errors import ConfigError, DataError, ModelError
from lutgen.importers import import_file
from lutgen.importers.format import Imported
from lutgen.model import LutNetwork
from lutgen.netlist.ir import Netlist
from lutgen.verify.sweep import Equivalence, prove_equal


def import_bytes(
    folder: Path, data: bytes | str, name: str = "file", format_: str = "auto", **options: Any
) -> Imported:
    """Import a file that holds these bytes."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return import_file(path, format_, **options)


def bits(network: LutNetwork) -> Netlist:
    """Return the netlist whose outputs are the network's output bits."""
    return lower(network)


def equal(first: LutNetwork | Netlist, second: LutNetwork | Netlist) -> Equivalence:
    """Prove that output bits are the same for every input, in the order of inputs and outputs."""
    return prove_equal(
        *(item if isinstance(item, Netlist) else bits(item) for item in (first, second))
    )


def every_sample(n_inputs: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return all samples of a few bits, as rows."""
    return (np.arange(1 << n_inputs)[:, None] >> np.arange(n_inputs) & 1).astype(np.uint8)


@st.composite
def damages(draw: st.DrawFn, data: bytes) -> bytes:
    """Files that were cut, had bytes changed, moved or repeated."""
    damaged = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(damaged) - 1, 0)))
        match draw(st.integers(0, 4)):
            case 0:
                del damaged[at:]
            case 1 if damaged:
                damaged[at] ^= draw(st.integers(1, 255))
            case 2:
                damaged[at:at] = draw(st.binary(max_size=6))
            case 3:
                damaged[at:at] = damaged[at : at + draw(st.integers(1, 40))]
            case _:
                damaged[at : at + 1] = draw(st.sampled_from([b"9" * 12, b"-1", b" ", b"\n", b"\0"]))
    return bytes(damaged)


def survives(folder: Path, data: bytes, name: str, format_: str, **options: Any) -> None:
    """Import what may be damaged: either it is a network, or the error says what is wrong."""
    if not data:
        return
    try:
        network = import_bytes(folder, data, name, format_, **options).network
    except (ModelError, DataError, ConfigError) as error:
        assert name in str(error)
    else:
        assert network.outputs.size
