"""Old import paths of 0.1.0: they work for a release more, and say what the new ones are.

``import lutgen`` installs a finder for modules that have moved; it is asked only for names that
nothing else knows.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MODULES = {
    "archive": "model.archive",
    "data": "",
    "data.bits": "bits",
    "data.csv_table": "datasets.text_table",
    "data.encode": "encode.encoder",
    "data.gain": "encode.gain",
    **{
        f"data.{name}": f"datasets.{name}"
        for name in (
            *("cifar", "digits", "download", "idx", "load", "named", "registry"),
            *("split", "tables", "tasks", "uci"),
        )
    },
    "emit.core": "core.build",
    "emit.ports": "core.interface",
    "learn.boosted_estimator": "learn.estimators.boosting",
    "learn.estimator": "learn.estimators.memorization",
    "learn.boost_parameters": "learn.boost.parameters",
    "learn.manyclass": "learn.memorize.manyclass",
    "learn.views": "learn.boost.views",
    "learn.wiring": "learn.memorize.wiring",
    "netlist.lower": "core.lower",
    "target": "",
    "target.delay": "chips.delay",
    "target.family": "chips.family",
    "target.registry": "chips.registry",
    "target.routability": "chips.routability",
}
"""Old module: new module, both below ``lutgen``; "" for a package that is gone itself."""


class _Finder(MetaPathFinder, Loader):
    """Finds modules that have moved; what one asks them for comes from where it is now."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - importlib's signature
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        name = fullname.removeprefix("lutgen.")
        if name == fullname or name not in MODULES:
            return None
        return ModuleSpec(fullname, self, is_package=not MODULES[name])

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002
        return None

    def exec_module(self, module: ModuleType) -> None:
        old = module.__name__
        new = MODULES[old.removeprefix("lutgen.")]

        def get(name: str) -> Any:
            if not new or (name.startswith("__") and name.endswith("__")):
                raise AttributeError(f"module {old!r} has no attribute {name!r}")
            there = importlib.import_module(f"lutgen.{new}")
            made, now = CHANGED.get(name, (None, name))
            value = made(there) if made else getattr(there, name)
            warn_moved(f"{old}.{name}", f"lutgen.{new}.{now}")
            return value

        module.__dict__["__getattr__"] = get


def warn_moved(old: str, new: str) -> None:
    """Warn whoever called that a name has another by now, and goes with the next release."""
    warnings.warn(
        f"{old} is {new} now; the old name goes with the next release",
        DeprecationWarning,
        stacklevel=3,
    )


def _build_core(build: ModuleType) -> Callable[..., Any]:
    """Return what makes a core that has its Verilog, as ``lutgen.emit.core.build_core`` did."""
    from lutgen.core.config import config_of  # noqa: PLC0415 - only where somebody asks for it
    from lutgen.emit.verilog import core_verilog  # noqa: PLC0415

    def build_core(network: Any, **options: Any) -> Any:
        core = build.make_core(network, config_of(None, options))
        object.__setattr__(core, "verilog", core_verilog(core))
        return core

    return build_core


CHANGED: dict[str, tuple[Callable[[ModuleType], Any], str]] = {
    "build_core": (_build_core, "make_core"),
    "FAMILIES": (lambda registry: registry.families(), "families()"),
}
"""Old name of what took another form: how it is had from its module, and what it is now."""


def install() -> None:
    """Let Python find the modules that have moved."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
