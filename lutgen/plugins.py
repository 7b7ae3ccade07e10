"""What packages of other people add to lutgen: values that their entry points name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, Protocol, TypeVar

from lutgen.errors import ConfigError


class Named(Protocol):
    """What can be added has a name."""

    @property
    def name(self) -> str:
        """By what it is found."""


Item = TypeVar("Item", bound=Named)


@dataclass(frozen=True)
class Group(Generic[Item]):
    """An entry-point group whose points name a value of a kind, or a tuple of them.

    Parameters
    ----------
    group : str
        Name of the group.
    kind : type
        What its points name.
    noun, nouns : str
        What one is called, and several.
    signs : str
        Signs that names may have beside lower-case letters and digits.
    """

    group: str
    kind: type[Item]
    noun: str
    nouns: str
    signs: str = "_"

    def offers(self) -> tuple[list[tuple[str, Item]], list[str]]:
        """Return who offers what, and in words what is wrong with the points left out."""
        found: list[tuple[str, Item]] = []
        faults: list[str] = []
        points = entry_points(group=self.group)
        for point in sorted(points, key=lambda point: (point.name, point.value)):
            who = _describe(point)
            try:
                found += [(who, item) for item in list(self._load(point))]
            except Exception as error:  # whatever a package does when it is imported
                faults.append(f"{who} cannot be used: {type(error).__name__}: {error}")
        return found, faults

    def _load(self, point: EntryPoint) -> Iterator[Item]:
        loaded = point.load()
        offered = (loaded,) if isinstance(loaded, self.kind) else loaded
        kind = self.kind.__name__
        if not isinstance(offered, tuple):
            raise ConfigError(
                f"it must name a {kind} or a tuple of them, not a {type(offered).__name__}"
            )
        for item in offered:
            if not isinstance(item, self.kind):
                raise ConfigError(f"it must name {self.nouns}, not a {type(item).__name__}")
            if not re.fullmatch(rf"[a-z][a-z0-9{re.escape(self.signs)}]*", item.name):
                raise ConfigError(
                    f"{item.name!r} cannot name a {self.noun}; use lower-case letters, "
                    f"{', '.join(['digits', *self.signs[:-1]])} and {self.signs[-1]}"
                )
            yield item


def _describe(point: EntryPoint) -> str:
    package = f" of the package {point.dist.name}" if point.dist else ""
    return f"the entry point {point.name}{package}"
