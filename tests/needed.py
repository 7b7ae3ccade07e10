"""What a test needs besides Python: tools, data sets, fixtures.

Where it is missing, the test is skipped with a reason, unless ``LUTGEN_REQUIRE`` (``tools``,
``data`` and ``fixtures``, separated by commas) says that it must be there: then the test fails.
``LUTGEN_DATA`` and ``LUTGEN_FIXTURES`` name the folders of data sets and fixtures; by default they
are ``../shared/data`` and ``../shared/fixtures`` beside the checkout.
"""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NoReturn, TypeVar

import pytest

from lutgen.errors import ToolError

KINDS = ("tools", "data", "fixtures")
_SHARED = Path(__file__).parents[2] / "shared"
_T = TypeVar("_T")


def required() -> frozenset[str]:
    """Return what must be there.

    Raises
    ------
    ValueError
        If ``LUTGEN_REQUIRE`` names something else.
    """
    words = os.environ.get("LUTGEN_REQUIRE", "").split(",")
    kinds = {word.strip() for word in words} - {""}
    if unknown := kinds - set(KINDS):
        raise ValueError(
            f"LUTGEN_REQUIRE: {', '.join(sorted(unknown))} is none of {', '.join(KINDS)}"
        )
    return frozenset(kinds)


def missing(kind: str, reason: str) -> NoReturn:
    """Skip the test, or the module, for want of something; fail if it must be there."""
    assert kind in KINDS
    if kind in required():
        pytest.fail(f"{reason} (LUTGEN_REQUIRE has {kind!r})", pytrace=False)
    pytest.skip(reason, allow_module_level=True)


def need_tool(find: Callable[[], _T]) -> _T:
    """Return a tool."""
    try:
        return find()
    except ToolError as error:
        missing("tools", str(error))


def need_module(name: str, install: str) -> ModuleType:
    """Return an optional Python module that ``make`` installs."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        missing("tools", f"{error}; {install}")


def need_program(name: str) -> str:
    """Return the path of a program that ``.ci/setup`` installs."""
    return shutil.which(name) or missing("tools", f"no {name} on PATH; .ci/setup installs it")


def need_folder(kind: str, name: str) -> Path:
    """Return a folder of the data sets (``data``) or of the fixtures (``fixtures``)."""
    variable = f"LUTGEN_{kind.upper()}"
    root = Path(os.environ.get(variable) or _SHARED / kind)
    if not (root / name).is_dir():
        missing(kind, f"there is no {root / name}; name a folder that holds {name}/ in ${variable}")
    return root / name
