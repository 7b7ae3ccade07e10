"""What is fuzzed: a target a border of lutgen, and the modules that hold them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

from lutgen.errors import LutgenError

Value = Any
"""Bytes, or plain JSON: an input can be written to a file and played again."""


def one(_: Value) -> int:
    """Count an input as one."""
    return 1


@dataclass(frozen=True)
class Target:
    """A border of lutgen under test.

    Parameters
    ----------
    name : str
        ``border`` or ``border-what``.
    make : callable
        Returns an input, bytes or plain JSON, that depends on a generator of random numbers alone.
    check : callable
        Takes an input. It returns where lutgen accepts the input and all is right, raises one of
        `refusals` where lutgen refuses it, and anything else, such as an AssertionError, where
        something is wrong.
    refusals : tuple of classes
        What lutgen may raise.
    seeds : callable, optional
        Returns files of the format; where it is given, the input is the bytes of a file.
    strategy : callable, optional
        Returns Hypothesis's strategy for inputs; by default one of `make`.
    count : callable
        How many inputs an input stands for, where a simulation takes many at a time.
    seconds : float
        Within which an input has to be dealt with.
    share : float
        Share of the inputs of ``all`` that are this target's, in relation to the others.
    """

    name: str
    make: Callable[[Random], Value]
    check: Callable[[Value], None]
    refusals: tuple[type[LutgenError], ...]
    seeds: Callable[[], list[bytes]] | None = None
    strategy: Callable[[], st.SearchStrategy[Value]] | None = None
    count: Callable[[Value], int] = one
    seconds: float = 5.0
    share: float = 1.0

    def inputs(self) -> st.SearchStrategy[Value]:
        """Return Hypothesis's strategy for inputs."""
        if self.strategy:
            return self.strategy()
        return st.randoms(use_true_random=False).map(self.make)


def targets(module: str = "") -> dict[str, Target]:
    """Return the targets of all modules below ``targets/``, or of one other module, by name.

    Each module has a list ``TARGETS``.
    """
    package = importlib.import_module("fuzz.targets")
    names = [f"fuzz.targets.{item.name}" for item in pkgutil.iter_modules(package.__path__)]
    found: dict[str, Target] = {}
    for name in [module] if module else names:
        for target in importlib.import_module(name).TARGETS:
            assert target.name not in found, f"two targets are called {target.name}"
            found[target.name] = target
    return found
