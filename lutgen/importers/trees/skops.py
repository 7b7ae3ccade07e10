"""Files of skops (``.skops``): estimators of scikit-learn as JSON and arrays in a zip archive.

The description is read as data: a class that it names becomes a plain object with the name and the
attributes, whatever class it is; no function that it names is looked up.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError
from lutgen.importers.content import Content
from lutgen.importers.trees.ensemble import Ensemble
from lutgen.importers.trees.sklearn import of_estimator

SCHEMA = "schema.json"
_MOST_BYTES = 1 << 28
_DEEPEST = 60
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, KeyError, TypeError,
    NotImplementedError, RuntimeError, SyntaxError, MemoryError, OverflowError,
)  # fmt: skip


class Record:
    """An object of the file: its class by name, and its attributes."""

    def __init__(self, type_name: str, attributes: dict[str, Any]) -> None:
        self.type_name = type_name
        self.__dict__.update(
            {name: value for name, value in attributes.items() if not name.startswith("__")}
        )


def recognises(content: Content) -> bool:
    """Return whether it is a file of skops."""
    return SCHEMA in content.members


def read(content: Content) -> Ensemble:
    """Read a file.

    Raises
    ------
    ModelError
        If it is damaged, or holds another thing than an estimator of trees.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content.data)) as archive:
            reader = _Reader(archive)
            record = reader.value(json.loads(reader.member(SCHEMA)), 0)
    except _DAMAGED as error:
        raise ModelError(f"it is damaged, or not as skops writes it ({error})") from error
    if not isinstance(record, Record):
        raise ModelError(f"it holds a {type(record).__name__}, not an estimator")
    try:
        return of_estimator(record)
    except (AttributeError, TypeError, ValueError, KeyError, IndexError, OverflowError) as error:
        raise ModelError(
            f"its {record.type_name} is not as scikit-learn has it ({error})"
        ) from error


class _Reader:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._left = _MOST_BYTES
        self._known: dict[int, Any] = {}

    def member(self, name: str) -> bytes:
        """Return the bytes of a member."""
        with self._archive.open(name) as stream:
            data = stream.read(self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise ModelError(f"it becomes more than {_MOST_BYTES:,} bytes when it is unpacked")
        return data

    def value(self, node: Any, depth: int) -> Any:
        """Return what a node of the description stands for; None if it is of no use here."""
        if depth > _DEEPEST:
            raise ModelError(f"its objects are nested more than {_DEEPEST} deep")
        if not isinstance(node, dict):
            return None
        number = node.get("__id__")
        if node.get("__loader__") == "CachedNode" or (
            isinstance(number, int) and number in self._known
        ):
            return self._known.get(number) if isinstance(number, int) else None
        made = self._made(node, depth)
        if isinstance(number, int) and not isinstance(made, bool | int | float | str | None):
            self._known[number] = made
        return made

    def _made(self, node: dict[str, Any], depth: int) -> Any:
        loader, content = node.get("__loader__"), node.get("content")
        if loader == "JsonNode":
            return json.loads(str(content))
        if loader in ("ListNode", "TupleNode"):
            values = [self.value(item, depth + 1) for item in content or []]
            return values if loader == "ListNode" else tuple(values)
        if loader in ("DictNode", "DefaultDictNode", "OrderedDictNode"):
            return {name: self.value(item, depth + 1) for name, item in (content or {}).items()}
        if loader == "NdArrayNode":
            return self._array(node, depth)
        if loader in ("ObjectNode", "TreeNode", "LossNode"):
            told = self.value(content, depth + 1)
            attributes = dict(told) if isinstance(told, dict) else {}
            if loader == "TreeNode":
                attributes |= _tree_attributes(attributes)
            return Record(str(node.get("__class__")), attributes)
        return None

    def _array(self, node: dict[str, Any], depth: int) -> Any:
        if node.get("type") == "numpy":
            found = parse_npy(self.member(str(node["file"])))
            return found[()] if found.ndim == 0 else found
        shape = [int(size) for size in self.value(node.get("shape"), depth + 1)]
        values = [self.value(item, depth + 1) for item in node["content"]]
        for _ in shape[1:]:  # an array of objects is written as lists of lists
            values = [item for row in values for item in row]
        made = np.empty(len(values), dtype=object)
        made[:] = values
        return made.reshape(shape)


def parse_npy(data: bytes) -> NDArray[Any]:
    """Return the array of a ``.npy`` file, records of numbers among them; never objects.

    Raises
    ------
    ModelError
        If it does not hold what it claims, or holds objects.
    """
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    shape, is_fortran, dtype = header(stream, max_header_size=4096)
    n_items = math.prod(shape)
    if dtype.hasobject or not dtype.itemsize:
        raise ModelError("one of its arrays holds objects, not numbers")
    if n_items * dtype.itemsize != len(data) - stream.tell():
        raise ModelError(f"one of its arrays does not hold the {n_items} items that it claims")
    values: NDArray[Any] = np.frombuffer(data, dtype=dtype, offset=stream.tell())
    return values.reshape(shape, order="F" if is_fortran else "C")


def _tree_attributes(told: dict[str, Any]) -> dict[str, Any]:
    """Return the arrays of a tree as scikit-learn's own objects offer them."""
    nodes = told.get("nodes")
    if not isinstance(nodes, np.ndarray) or not nodes.dtype.names:
        raise ModelError("a tree has no nodes")
    renamed = {"left_child": "children_left", "right_child": "children_right"}
    return {
        "value": told.get("values"),
        **{renamed.get(name, name): nodes[name] for name in nodes.dtype.names},
    }
