"""Files of torch (``.pt``, ``.pth``), read without torch and without trust.

There are two containers: since torch 1.6 a zip archive of a pickle and raw storages, before that a
stream of pickles with the storages behind. Of what the pickles name, a handful stands for functions
of this module; all else is refused. A tensor is a view of the bytes that are there.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError
from lutgen.importers import exporters, pickled
from lutgen.importers.content import Content
from lutgen.importers.pickled import Maker, Name, UnknownNameError, is_size

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_HEAD = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_LEGACY_PROTOCOL = 1001
_MOST_STORAGES = 1 << 16
_TYPES = {
    "Float": "<f4",
    "Double": "<f8",
    "Half": "<f2",
    "BFloat16": "bfloat16",
    "Long": "<i8",
    "Int": "<i4",
    "Short": "<i2",
    "Char": "i1",
    "Byte": "u1",
    "Bool": "?",
}
_SNIPPETS = {"difflogic": exporters.DIFFLOGIC, "llnn": exporters.LLNN}
_UNREADABLE = (zipfile.BadZipFile, OSError, ValueError, EOFError, RuntimeError, KeyError)


@dataclass(frozen=True, eq=False)
class Storage:
    """The numbers that tensors are views of: their type, how many, and where they lie."""

    spelling: str
    n_items: int
    read: Callable[[], bytes]

    @cached_property
    def items(self) -> NDArray[Any]:
        """The numbers, a vector.

        Raises
        ------
        ModelError
            If there are not as many as the file says.
        """
        raw = self.spelling == "bfloat16"
        dtype = np.dtype("<u2" if raw else self.spelling)
        data = self.read()
        if len(data) != self.n_items * dtype.itemsize:
            raise ModelError(
                f"a storage of {len(data)} bytes claims {self.n_items} items; the file is damaged"
            )
        items: NDArray[Any] = np.frombuffer(data, dtype)
        return (items.astype(np.uint32) << 16).view(np.float32) if raw else items


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor: a view of a storage."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @cached_property
    def values(self) -> NDArray[Any]:
        """Its numbers, read only.

        Raises
        ------
        ModelError
            If the storage does not hold them.
        """
        items = self.storage.items
        return np.lib.stride_tricks.as_strided(
            items[self.offset :],
            self.shape,
            tuple(stride * items.itemsize for stride in self.strides),
            writeable=False,
        )


def is_torch(content: Content) -> bool:
    """Return whether a file is of torch, of either container."""
    return content.data.startswith(_LEGACY_HEAD) or _root(content) is not None


def read_torch(content: Content) -> Any:
    """Return what a file of torch holds: plain data with :class:`Tensor` for tensors.

    Raises
    ------
    ModelError
        If it is damaged, or holds a whole pickled module or what else lutgen does not know.
    """
    try:
        if content.data.startswith(_LEGACY_HEAD):
            return _read_stream(content.data)
        with zipfile.ZipFile(io.BytesIO(content.data)) as archive:
            return _read_archive(archive, str(_root(content)), len(content.data))
    except UnknownNameError as error:
        raise content.fault(_whole_module(error)) from error
    except ModelError as error:
        raise content.fault(str(error)) from error
    except _UNREADABLE as error:
        raise content.fault(f"the file of torch is damaged ({error})") from error


def state_dict(value: Any) -> dict[str, NDArray[Any]]:
    """Return the tensors of a dictionary by their names; of anything else, none."""
    if not isinstance(value, Mapping):
        return {}
    return {
        name: tensor.values
        for name, tensor in value.items()
        if isinstance(name, str) and isinstance(tensor, Tensor)
    }


def _whole_module(error: UnknownNameError) -> str:
    package = error.module.partition(".")[0]
    told = _SNIPPETS.get(package)
    text = (
        f"it names {error.module}.{error.name}, which lutgen does not know: nothing was run. A "
        "module that was saved whole (torch.save(model)) can be read only where the package that "
        "made it is installed; there, lutgen.from_torch(model).save('model.npz') makes a model of "
        "it, or save its state_dict()"
    )
    return f"{text}, or run:\n{told}" if told else text


def _root(content: Content) -> str | None:
    """Return the folder of a zip archive that holds data.pkl; None if there is no single one."""
    roots = [name[: -len("data.pkl")] for name in content.members if name.endswith("/data.pkl")]
    return roots[0] if len(roots) == 1 else None


def _read_archive(archive: zipfile.ZipFile, root: str, n_bytes: int) -> Any:
    left = [n_bytes]

    def member(name: str) -> bytes:
        info = archive.getinfo(root + name)
        if info.compress_type != zipfile.ZIP_STORED or info.file_size > left[0]:
            raise ModelError(f"{name} is packed, or larger than the file; torch writes no such one")
        left[0] -= info.file_size
        return archive.read(info)

    if f"{root}byteorder" in archive.namelist() and member("byteorder") != b"little":
        raise ModelError("it was written by a machine of another byte order; save it again")
    storages = _Storages(lambda key: partial(member, f"data/{key}"))
    value = pickled.load_next(io.BytesIO(member("data.pkl")), _resolve, storages.find)
    storages.load()
    return value


def _read_stream(data: bytes) -> Any:
    stream = io.BytesIO(data)
    places: dict[str, bytes] = {}
    storages = _Storages(lambda key: lambda: places[key])
    magic, protocol, told = (pickled.load_next(stream, _resolve) for _ in range(3))
    if magic != _LEGACY_MAGIC or protocol != _LEGACY_PROTOCOL:
        raise ModelError("it is of a version of torch that lutgen does not know")
    if not isinstance(told, dict) or told.get("little_endian") is not True:
        raise ModelError("it was written by a machine of another byte order; save it again")
    value = pickled.load_next(stream, _resolve, storages.find)
    keys = pickled.load_next(stream, _resolve)
    if not isinstance(keys, list):
        raise ModelError("it does not say where its tensors are; the file is damaged")
    for key in keys:
        n_items = int.from_bytes(stream.read(8), "little")
        places[str(key)[:20]] = stream.read(min(n_items, len(data)) * storages.itemsize(key))
    storages.load()
    return value


class _Storages:
    """The storages that a pickle refers to, by their keys."""

    def __init__(self, reader: Callable[[str], Callable[[], bytes]]) -> None:
        self._reader = reader
        self._found: dict[str, Storage] = {}

    def find(self, identifier: Any) -> Storage:
        """Return the storage that an identifier of the pickle means."""
        match identifier:
            case ("storage", Name(make=_Type(spelling)), str(key), str(), int(n_items), *rest):
                pass
            case _:
                raise ModelError("it refers to something that is no storage of numbers")
        if any(item is not None for item in rest) or not key.isdecimal() or len(key) > 20:
            raise ModelError("it refers to a storage in a way that torch no longer writes")
        if not is_size(n_items) or len(self._found) >= _MOST_STORAGES:
            raise ModelError("it has too many storages, or one of no possible size")
        known = self._found.setdefault(key, Storage(spelling, n_items, self._reader(key)))
        if (known.spelling, known.n_items) != (spelling, n_items):
            raise ModelError(f"storage {key} is said to be of two sizes or types")
        return known

    def itemsize(self, key: Any) -> int:
        """Return the bytes of an item of a storage; 0 if nothing refers to it."""
        known = self._found.get(key) if isinstance(key, str) else None
        if known is None:
            raise ModelError("it holds a storage that nothing refers to; the file is damaged")
        return 2 if known.spelling == "bfloat16" else np.dtype(known.spelling).itemsize

    def load(self) -> None:
        """Read them all, so that a damaged one is found now."""
        for storage in self._found.values():
            _ = storage.items


@dataclass(frozen=True)
class _Type:
    """A class of storages; a file only names it."""

    spelling: str

    def __call__(self, *_: Any) -> Any:
        raise ModelError("it makes a storage in no known way")


def _tensor(
    storage: Any, offset: Any, shape: Any, strides: Any, *_: Any
) -> Tensor:  # requires_grad, hooks, metadata
    if not isinstance(storage, Storage):
        raise ModelError("it holds a tensor of something that is no storage")
    sizes = [offset, *_tuple(shape), *_tuple(strides)]
    if not all(map(is_size, sizes)) or len(shape) != len(strides) or len(shape) > 16:
        raise ModelError("it holds a tensor of no possible shape")
    n_items = math.prod(shape)
    end = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True)) + 1
    if n_items and (end > storage.n_items or _overlaps(shape, strides)):
        raise ModelError(
            f"a tensor of shape {shape}, strides {strides} and offset {offset} does not lie within "
            f"its storage of {storage.n_items} items, or covers one twice"
        )
    return Tensor(storage, offset if n_items else 0, shape, strides)


def _tuple(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, tuple) or len(value) > 16:
        raise ModelError("it holds a tensor of no possible shape")
    return value


def _overlaps(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Return whether two places of a tensor are one item of the storage."""
    reached = 0
    for stride, size in sorted(zip(strides, shape, strict=True)):
        if size > 1:
            if stride <= reached:
                return True
            reached += (size - 1) * stride
    return False


def _parameter(data: Any, *_: Any) -> Any:
    return data


_NAMES: dict[tuple[str, str], Maker] = {
    ("collections", "OrderedDict"): pickled.ordered_dict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch.torch_version", "TorchVersion"): lambda text="", *_: str(text)[:80],
    ("torch", "Size"): lambda sizes=(), *_: sizes,
    ("torch", "device"): lambda text="", *_: text,
    ("argparse", "Namespace"): pickled.instance("argparse.Namespace"),
    **{
        ("torch_dwn.binarization", name): pickled.instance(name)
        for name in ("Thermometer", "GaussianThermometer", "DistributiveThermometer")
    },
    **{("torch", f"{name}Storage"): _Type(spelling) for name, spelling in _TYPES.items()},
}


def _resolve(module: str, name: str) -> Maker | None:
    return _NAMES.get((module, name)) or pickled.numpy_names(module, name)
