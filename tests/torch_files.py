"""Files as torch writes them, both containers, without torch."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

STORAGES = {
    "float32": "FloatStorage",
    "float64": "DoubleStorage",
    "float16": "HalfStorage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "int16": "ShortStorage",
    "int8": "CharStorage",
    "uint8": "ByteStorage",
    "bool": "BoolStorage",
}


@dataclass(frozen=True)
class Name:
    """A name that the pickle has, whether it can be imported or not."""

    module: str
    name: str


@dataclass(frozen=True, eq=False)
class Call:
    """What the pickle calls."""

    name: Name
    arguments: tuple[Any, ...]
    state: Any = None


@dataclass(frozen=True)
class Reference:
    """What the pickle only refers to."""

    identifier: Any


_Pickler: Any = vars(pickle)["_Pickler"]  # the one that is written in Python


class Writer(_Pickler):  # type: ignore[misc]
    """A pickler that names what does not exist here."""

    dispatch: ClassVar[dict[type, Any]] = dict(_Pickler.dispatch)

    def persistent_id(self, obj: Any) -> Any:
        return obj.identifier if isinstance(obj, Reference) else None

    def _name(self, obj: Name) -> None:
        self.write(f"c{obj.module}\n{obj.name}\n".encode())

    def _call(self, obj: Call) -> None:
        self.save(obj.name)
        self.save(obj.arguments)
        self.write(b"R")
        if obj.state is not None:
            self.save(obj.state)
            self.write(b"b")

    dispatch[Name] = _name
    dispatch[Call] = _call


def pickled(value: Any) -> bytes:
    stream = io.BytesIO()
    Writer(stream, 2).dump(value)
    return stream.getvalue()


def tensor(key: int, array: NDArray[Any], **lies: Any) -> Call:
    """Return a tensor of its own storage; `lies` are what the file says otherwise of it."""
    strides = tuple(stride // array.itemsize for stride in array.strides)
    told = {"offset": 0, "shape": array.shape, "strides": strides, "n_items": array.size, **lies}
    storage = Name("torch", told.get("type", STORAGES[array.dtype.name]))
    identifier = ("storage", storage, str(key), told.get("location", "cuda:0"), told["n_items"])
    legacy = (None,) if told.get("legacy") else ()
    return Call(
        Name("torch._utils", "_rebuild_tensor_v2"),
        (
            Reference(identifier + legacy),
            told["offset"],
            told["shape"],
            told["strides"],
            False,
            Call(Name("collections", "OrderedDict"), ()),
        ),
    )


def torch_zip(
    value: Any, arrays: Mapping[int, NDArray[Any]], packed: int = zipfile.ZIP_STORED
) -> bytes:
    """Return a file of torch 1.6 or later."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packed) as archive:
        archive.writestr("model/data.pkl", pickled(value))
        archive.writestr("model/byteorder", "little")
        for key, array in arrays.items():
            archive.writestr(f"model/data/{key}", raw(array))
        archive.writestr("model/version", "3\n")
    return stream.getvalue()


def torch_stream(value: Any, arrays: Mapping[int, NDArray[Any]]) -> bytes:
    """Return a file of torch before 1.6."""
    told = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}
    parts = [0x1950A86A20F9469CFC6C, 1001, told, value, [str(key) for key in arrays]]
    data = b"".join(pickled(part) for part in parts)
    for array in arrays.values():
        data += array.size.to_bytes(8, "little") + raw(array)
    return data


def raw(array: NDArray[Any]) -> bytes:
    return np.asarray(array).tobytes(order="A")


def saved(value: Any, *, legacy: bool = False) -> bytes:
    """Return the file of a value: dictionaries and lists of arrays, numbers and texts."""
    arrays: dict[int, NDArray[Any]] = {}

    def told(item: Any) -> Any:
        if isinstance(item, Mapping):
            return {key: told(inner) for key, inner in item.items()}
        if isinstance(item, np.ndarray):
            arrays[len(arrays)] = item
            return tensor(len(arrays) - 1, item, legacy=legacy)
        return item

    value = told(value)
    return (torch_stream if legacy else torch_zip)(value, arrays)
