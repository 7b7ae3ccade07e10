"""From dataclasses to JSON and back; what is read may be damaged or foreign.

The fields of a dataclass are the schema: their names are JSON's, their types say what is taken.
Reading gathers every fault of a file with the place where it stands, then stops with one error.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    Self,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from lutgen.errors import DataError
from lutgen.files import read_json, write_atomic, write_json
from lutgen.model.provenance import LayerAccuracy, LearntAccuracy
from lutgen.text import printable
from lutgen.version import __version__

_COUNT_BITS = 53  # what every reader of JSON takes for a whole number
_SEED_BITS = 64
_DEPTH = 32
_QUOTED_CHARACTERS = 40
_TOLD_FAULTS = 8


@dataclass(frozen=True)
class Limit:
    """What a number has to be: in words, and whether one is."""

    words: str
    fits: Callable[[float], bool]


def _counts(least: int, n_bits: int) -> Limit:
    return Limit(
        f"a whole number of {least} or more, below 2^{n_bits}",
        lambda value: least <= value < 1 << n_bits,
    )


_COUNT = _counts(0, _COUNT_BITS)
_NUMBER = Limit("a number", math.isfinite)
_FRACTION = Limit("a number from 0 to 1", lambda value: 0 <= value <= 1)
_AT_MOST_ONE = Limit("a number of 1 or less", lambda value: -math.inf < value <= 1)
_POSITIVE = Limit("a number above 0", lambda value: 0 < value < math.inf)
_NOT_NEGATIVE = Limit("a number of 0 or above", lambda value: 0 <= value < math.inf)

AtLeastOne = Annotated[int, _counts(1, _COUNT_BITS)]
Seed = Annotated[int, _counts(0, _SEED_BITS)]
Fraction = Annotated[float, _FRACTION]
AtMostOne = Annotated[float, _AT_MOST_ONE]
Positive = Annotated[float, _POSITIVE]
NotNegative = Annotated[float, _NOT_NEGATIVE]

# Limits of numbers in types that records share with the stages that make them.
_LIMITS: dict[type, dict[str, Limit]] = {
    LayerAccuracy: dict.fromkeys(("mean", "std", "min", "max"), _FRACTION),
    LearntAccuracy: dict.fromkeys(("train_accuracy", "validation_accuracy"), _AT_MOST_ONE),  # R²
}


class Record:
    """What commands leave as a file, or print as JSON: a base of frozen dataclasses.

    A class says by `MEND` how to write such a file anew, by `DERIVED` which properties are written
    with the fields, by `REST` in which field stands what is written beside the fields, and by a
    method `problems` what its fields must be together. Classes inside of it may do the same.
    """

    MEND: ClassVar[str] = "write it anew"

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        record: dict[str, Any] = to_json(self)
        return record

    def write(self, path: Path) -> None:
        """Write it as a file, whole or not at all."""
        write_json(path, self.to_json())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file.

        Raises
        ------
        DataError
            If it cannot be read, or does not hold such a record; the message names the fields.
        """
        return cls.from_json(read_json(path), str(path))

    @classmethod
    def from_json(cls, value: Any, name: str = "the record") -> Self:
        """Read what :meth:`to_json` gave; fields that are not known are passed over.

        Parameters
        ----------
        name : str
            What to call it in messages.

        Raises
        ------
        DataError
            If it is no such record; the message names the fields.
        """
        if not isinstance(value, dict):
            raise DataError(f"{name}: must hold a JSON object, found {_quote(value)}")
        reader = _Reader()
        record = reader.read(cls, value, "")
        if reader.faults:
            raise DataError(f"{name}: {reader.told()}{_other_version(value)}; {cls.MEND}")
        assert isinstance(record, cls)
        return record


class CompactRecord(Record):
    """A record whose file has no line ends, as it is long."""

    def write(self, path: Path) -> None:
        """Write it as a file, whole or not at all."""
        write_atomic(path, json.dumps(self.to_json(), ensure_ascii=False) + "\n")


def to_json(value: Any) -> Any:
    """Return a value, with all that is in it, as plain JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        record = {item.name: to_json(getattr(value, item.name)) for item in fields(value)}
        rest = record.pop(getattr(value, "REST", ""), {})
        derived = {name: to_json(getattr(value, name)) for name in getattr(value, "DERIVED", ())}
        return {**rest, **record, **derived}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    return value


class _Wrong:
    """Stands for a value that is not as it has to be; its fault is noted."""


_WRONG = _Wrong()


class _Reader:
    """Reads values by their types, and gathers what is wrong with them."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def told(self) -> str:
        """Return the faults in words, the first of them where there are many."""
        told = self.faults[:_TOLD_FAULTS]
        if len(self.faults) > len(told):
            told.append(f"and {len(self.faults) - len(told)} more faults")
        return "; ".join(told)

    def read(self, kind: Any, value: Any, where: str, limit: Limit | None = None) -> Any:
        """Return a value of a type, or :data:`_WRONG`."""
        origin, args = get_origin(kind), get_args(kind)
        if origin is Annotated:
            result = self.read(args[0], value, where, args[1])
        elif origin in (Union, types.UnionType):
            (inner,) = (item for item in args if item is not type(None))
            result = None if value is None else self.read(inner, value, where, limit)
        elif origin is Literal:
            fits = isinstance(value, str) and value in args
            result = value if fits else self._wrong(value, where, f"one of {', '.join(args)}")
        elif origin is tuple:
            result = self._tuple(args, value, where)
        elif origin in (dict, Mapping):
            result = self._mapping(args[1], value, where)
        elif kind is Any:
            result = self._plain(value, where)
        elif is_dataclass(kind):
            result = self._dataclass(kind, value, where)
        else:
            result = self._single(kind, value, where, limit)
        return result

    def _single(self, kind: Any, value: Any, where: str, limit: Limit | None) -> Any:
        if kind is str:
            fits = isinstance(value, str)
            return printable(value) if fits else self._wrong(value, where, "a text")
        if kind is bool:
            return value if isinstance(value, bool) else self._wrong(value, where, "true or false")
        limit = limit or (_COUNT if kind is int else _NUMBER)
        number = int if kind is int else int | float
        if isinstance(value, bool) or not isinstance(value, number) or not limit.fits(value):
            return self._wrong(value, where, limit.words)
        try:
            return kind(value)
        except OverflowError:  # a whole number that no float holds
            return self._wrong(value, where, limit.words)

    def _dataclass(self, kind: Any, value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            return self._wrong(value, where, "an object")
        limits = _LIMITS.get(kind, {})
        values: dict[str, Any] = {}
        rest = getattr(kind, "REST", "")
        types_of, known = hints(kind), fields(kind)
        for item in known:
            if item.name == rest:
                names = {*(field.name for field in known), *getattr(kind, "DERIVED", ())} - {rest}
                beside = {key: entry for key, entry in value.items() if key not in names}
                values[item.name] = self._plain(beside, where)
                continue
            place = f"{where}.{item.name}" if where else item.name
            given = value.get(item.name)
            is_optional = item.default is not MISSING or item.default_factory is not MISSING
            if given is None and (is_optional or _takes_none(types_of[item.name])):
                if not is_optional:
                    values[item.name] = None
            elif item.name not in value:
                values[item.name] = _WRONG
                self.faults.append(f"{place} is missing")
            else:
                limit = limits.get(item.name)
                values[item.name] = self.read(types_of[item.name], given, place, limit)
        if _has_wrong(values.values()):
            return _WRONG
        made = kind(**values)
        for name, problem in getattr(made, "problems", tuple)():
            self.faults.append(f"{where}.{name} {problem}" if where else f"{name} {problem}")
        return made

    def _tuple(self, kinds: tuple[Any, ...], value: Any, where: str) -> Any:
        if not isinstance(value, list):
            return self._wrong(value, where, "a list")
        if kinds[-1] is not Ellipsis and len(value) != len(kinds):
            return self._wrong(value, where, f"a list of {len(kinds)} values")
        each = (kinds[0],) * len(value) if kinds[-1] is Ellipsis else kinds
        items = tuple(
            self.read(kind, item, f"{where}[{i}]")
            for i, (kind, item) in enumerate(zip(each, value, strict=True))
        )
        return _WRONG if _has_wrong(items) else items

    def _mapping(self, kind: Any, value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            return self._wrong(value, where, "an object")
        items = {
            printable(key): self.read(kind, item, f"{where}.{printable(key)}")
            for key, item in value.items()
        }
        return _WRONG if _has_wrong(items.values()) else items

    def _plain(self, value: Any, where: str, depth: int = 0) -> Any:
        """Return JSON of any form, its texts made harmless."""
        if depth > _DEPTH:
            return self._wrong(value, where, f"no more than {_DEPTH} levels deep")
        if isinstance(value, str):
            return printable(value)
        if isinstance(value, list):
            return [self._plain(item, where, depth + 1) for item in value]
        if isinstance(value, dict):
            return {printable(k): self._plain(item, where, depth + 1) for k, item in value.items()}
        return value

    def _wrong(self, value: Any, where: str, expected: str) -> _Wrong:
        self.faults.append(f"{where} must be {expected}, found {_quote(value)}")
        return _WRONG


def _has_wrong(values: Iterable[Any]) -> bool:
    return any(value is _WRONG for value in values)


@cache
def hints(kind: Any) -> dict[str, Any]:
    """Return the types of a dataclass's fields, with the limits of their numbers."""
    return get_type_hints(kind, include_extras=True)


def _takes_none(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType) and type(None) in get_args(kind)


def _other_version(value: Mapping[str, Any]) -> str:
    found = value.get("lutgen")
    if not isinstance(found, str) or found in ("", __version__):
        return ""
    return f" (lutgen {printable(found)[:_QUOTED_CHARACTERS]} wrote it, this is {__version__})"


def _quote(value: Any) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = json.dumps(value)
    return text if len(text) <= _QUOTED_CHARACTERS else text[:_QUOTED_CHARACTERS] + "…"


Problems = Iterator[tuple[str, str]]
"""Fields that do not go together, and what is wrong with each."""
