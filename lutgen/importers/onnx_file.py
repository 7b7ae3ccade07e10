"""ONNX files: the graph of nodes, its constants and attributes, read without the package ``onnx``.

Field numbers are those of onnx.proto (ONNX 1.x, ``ModelProto``). Tensors that are stored in other
files are refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError
from lutgen.importers.content import Content
from lutgen.importers.protobuf import Message

MAX_NODES = 200_000

_TYPES = {
    1: "<f4", 2: "u1", 3: "i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 9: "?", 10: "<f2",
    11: "<f8", 12: "<u4", 13: "<u8",
}  # fmt: skip
_EXTERNAL = 1
_GRAPH, _NODES, _INITIALIZERS, _INPUTS, _OUTPUTS = 7, 1, 5, 11, 12


@dataclass(frozen=True)
class Node:
    """A node of the graph.

    Parameters
    ----------
    op, domain, name : str
    inputs, outputs : tuple of str
        Names of tensors; an empty one is an input that is left out.
    attributes : mapping
        Values by name: int, float, str, lists of these, or an array.
    """

    op: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """The graph of a model.

    Parameters
    ----------
    nodes : tuple of Node
        In the order of the file.
    constants : mapping of str to ndarray
        Initializers by the name of their tensor.
    inputs, outputs : mapping of str to tuple of int
        Shapes by name, 0 for an axis of unknown length; constants are no inputs.
    """

    nodes: tuple[Node, ...]
    constants: Mapping[str, NDArray[Any]]
    inputs: Mapping[str, tuple[int, ...]]
    outputs: Mapping[str, tuple[int, ...]]


def is_onnx(content: Content) -> bool:
    """Return whether a file is an ONNX model: it begins as one, and it has a graph."""
    if content.data[:1] not in (b"\x08", b"\x12", b"\x1a", b"\x3a", b"\x42"):
        return False
    try:
        model = Message.whole(content.data)
        return model.count(_GRAPH) == 1 and model.message(_GRAPH) is not None
    except ModelError:
        return False


def operators(content: Content) -> set[str]:
    """Return the operators of a model, without reading its tensors; none if it is no model."""
    try:
        graph = Message.whole(content.data).message(_GRAPH)
        return {Message(part).text(4) for part in graph.parts(_NODES)} if graph else set()
    except ModelError:
        return set()


def read_graph(content: Content) -> Graph:
    """Return the graph of a model.

    Raises
    ------
    ModelError
        If the file is damaged, or holds what is not read here; it names the node or the tensor.
    """
    graph = Message.whole(content.data).message(_GRAPH)
    if graph is None:
        raise ModelError("it holds no graph")
    if graph.count(_NODES) > MAX_NODES:
        raise ModelError(f"it has {graph.count(_NODES):,} nodes; {MAX_NODES:,} is the most")
    if graph.count(15):
        raise ModelError("it has sparse initializers, which are not read")
    constants = dict(map(_tensor, graph.messages(_INITIALIZERS)))
    inputs = dict(map(_shape, graph.messages(_INPUTS)))
    return Graph(
        nodes=tuple(map(_node, graph.messages(_NODES))),
        constants=constants,
        inputs={name: shape for name, shape in inputs.items() if name not in constants},
        outputs=dict(map(_shape, graph.messages(_OUTPUTS))),
    )


def _node(message: Message) -> Node:
    op = message.text(4)
    name = message.text(3)
    try:
        attributes = dict(map(_attribute, message.messages(5)))
    except ModelError as error:
        raise ModelError(f"node {op} {name}: {error}") from error
    return Node(
        op=op,
        domain=message.text(7),
        name=name,
        inputs=tuple(message.texts(1)),
        outputs=tuple(message.texts(2)),
        attributes=attributes,
    )


def _attribute(message: Message) -> tuple[str, Any]:
    """Return name and value; the kind says which field counts."""
    name, kind = message.text(1), message.integer(20)
    readers: dict[int, Callable[[], Any]] = {
        1: lambda: message.float(2),
        2: lambda: message.integer(3),
        3: lambda: message.text(4),
        4: lambda: _tensor(message.message(5) or Message(memoryview(b"")))[1],
        6: lambda: message.floats(7),
        7: lambda: message.integers(8),
        8: lambda: message.texts(9),
    }
    if kind not in readers:
        raise ModelError(f"attribute {name} is of kind {kind}, which is not read")
    return name, readers[kind]()


def _tensor(message: Message) -> tuple[str, NDArray[Any]]:
    """Return name and value of a tensor."""
    name = message.text(8)
    if message.integer(14) == _EXTERNAL or message.count(13):
        raise ModelError(
            f"the tensor {name!r} is stored in another file, which is not opened; save the model "
            "as one file (onnx.save without external data)"
        )
    shape = message.integers(1)
    kind = message.integer(2)
    if kind not in _TYPES:
        raise ModelError(f"the tensor {name!r} is of type {kind}, which is not read")
    dtype = np.dtype(_TYPES[kind])
    if message.count(9):
        raw = message.raw(9)
        if len(raw) % dtype.itemsize:
            raise ModelError(f"the tensor {name!r} ends within a number")
        values: NDArray[Any] = np.frombuffer(raw, np.uint8 if dtype.kind == "b" else dtype)
    elif kind == 1:
        values = message.floats(4)
    elif kind == 11:
        values = message.floats(10, "<f8")
    else:
        numbers = np.array(message.integers({7: 7, 12: 11, 13: 11}.get(kind, 5)), dtype=np.int64)
        values = numbers.astype(np.uint16).view(np.float16) if kind == 10 else numbers
    if min(shape, default=0) < 0 or math.prod(shape) != values.size:
        raise ModelError(f"the tensor {name!r} of shape {tuple(shape)} has {values.size:,} numbers")
    return name, values.astype(dtype).reshape(shape)


def _shape(message: Message) -> tuple[str, tuple[int, ...]]:
    """Return name and shape of an input or output."""
    name = message.text(1)
    kind = message.message(2)
    tensor = kind.message(1) if kind else None
    shape = tensor.message(2) if tensor else None
    if shape is None:
        return name, ()
    return name, tuple(axis.integer(1) for axis in shape.messages(1))
