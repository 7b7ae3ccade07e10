"""ONNX files of a few nodes, written field by field for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def field(number: int, value: int | str | bytes) -> bytes:
    """Return a field of the wire format."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value % (1 << 64))
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    """Return a number as it stands in a file."""
    octets = bytearray()
    while value > 0x7F:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*octets, value])


def tensor(name: str, values: NDArray[Any]) -> bytes:
    """Return a TensorProto."""
    kind = {"f": 1, "i": 7}[values.dtype.kind]
    raw = values.astype("<f4" if kind == 1 else "<i8").tobytes()
    shape = b"".join(field(1, n) for n in values.shape)
    return shape + field(2, kind) + field(8, name) + field(9, raw)


def node(
    op: str,
    inputs: Sequence[str],
    output: str,
    attributes: Mapping[str, int | str] | None = None,
    domain: str = "",
) -> bytes:
    """Return a NodeProto."""
    told = b""
    for name, value in (attributes or {}).items():
        own = field(20, 2) + field(3, value) if isinstance(value, int) else field(20, 3)
        told += field(5, field(1, name) + own + (field(4, value) if own == field(20, 3) else b""))
    reads = b"".join(field(1, name) for name in inputs)
    return (
        reads + field(2, output) + field(3, f"n_{output}") + field(4, op) + told + field(7, domain)
    )


def model(
    nodes: Sequence[bytes],
    constants: Mapping[str, NDArray[Any]],
    inputs: Mapping[str, Sequence[int]],
    outputs: Mapping[str, Sequence[int]],
) -> bytes:
    """Return a ModelProto."""
    graph = b"".join(field(1, item) for item in nodes)
    graph += b"".join(field(5, tensor(name, np.asarray(v))) for name, v in constants.items())
    for number, values in ((11, inputs), (12, outputs)):
        for name, shape in values.items():
            axes = b"".join(field(1, field(1, n)) for n in shape)
            kind = field(1, field(1, 1) + field(2, axes))
            graph += field(number, field(1, name) + field(2, kind))
    return field(1, 9) + field(7, graph)
