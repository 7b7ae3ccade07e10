"""Digests: what of a model is its function, in one canonical form.

The function is the wires, the tables, the outputs, the head and the encoder's comparators (with
what they make of missing values, where they take them, that they are bits of codes, or the window
that is compared); not how
it was learnt (care masks, layers, how thresholds were chosen, provenance), nor names or the version
of a file. The digest has a version of its own, so that no new file format disowns a bitstream.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lutgen.encode.encoder import CODE

if TYPE_CHECKING:
    from lutgen.model.network import LutNetwork

VERSION = b"lutgen function 1"
STRUCTURE_VERSION = b"lutgen structure 1"


def function_digest(network: LutNetwork) -> str:
    """Return the SHA-256 (hex) of a network's function.

    It is taken of a version, then of sections, each a name, a length and bytes: numbers little
    endian, in the order of :func:`_sections`. Sections that say nothing are left out, so that what
    a later lutgen adds does not change the digest of what does not use it.
    """
    return _digest(VERSION, _sections(network))


def structure_digest(network: LutNetwork) -> str:
    """Return the SHA-256 (hex) of a network's function, the contents of its tables left out.

    Two networks of one structure differ in their tables alone.
    """
    return _digest(
        STRUCTURE_VERSION,
        ((name, data) for name, data in _sections(network) if name != "tables"),
    )


def _sections(network: LutNetwork) -> Iterator[tuple[str, bytes]]:
    sizes = np.array([network.n_inputs, network.encoder.n_features], dtype="<i8")
    yield "sizes", sizes.tobytes()
    arrays: dict[str, NDArray[Any]] = {
        "fan_in": network.fan_in,
        "wires": network.wires.astype("<i4"),
        "tables": network.tables.astype("<u8"),
        "outputs": network.outputs.astype("<i4"),
        "feature": network.encoder.feature.astype("<i4"),
        "threshold": (network.encoder.threshold + 0.0).astype("<f8"),  # -0.0 is 0.0
    }
    for name, array in arrays.items():
        yield name, array.tobytes()
    if network.encoder.kind == CODE:
        yield "encoder", CODE.encode()
    if network.encoder.window is not None:
        yield "window", network.encoder.window.spelling.encode()
    if network.encoder.missing is not None:
        yield "missing", network.encoder.missing.astype(np.uint8).tobytes()
    yield "head", network.head.kind.encode()
    for name, array in network.head.members().items():
        yield f"head.{name}", array.tobytes()


def _digest(version: bytes, sections: Iterator[tuple[str, bytes]]) -> str:
    sha = hashlib.sha256(version)
    for name, data in sections:
        if data:
            sha.update(len(name).to_bytes(8, "little") + name.encode())
            sha.update(len(data).to_bytes(8, "little") + data)
    return sha.hexdigest()
