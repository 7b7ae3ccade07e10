"""lutgen learns networks of lookup tables by counting and makes FPGA hardware of them.

What `__all__` names is what a user needs; each name is loaded when it is asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lutgen import moved
from lutgen.version import __version__

if TYPE_CHECKING:
    from lutgen.core import CoreConfig, make_core
    from lutgen.encode.encoder import Encoder, fit_encoder
    from lutgen.importers.modules import from_torch
    from lutgen.importers.trees.objects import from_lightgbm, from_sklearn, from_xgboost
    from lutgen.jobs.build import build
    from lutgen.jobs.prove import prove
    from lutgen.jobs.simulate import simulate
    from lutgen.jobs.synthesise import synthesise
    from lutgen.learn.estimators.anomaly import LutAnomalyDetector
    from lutgen.learn.estimators.boosting import BoostedLutClassifier
    from lutgen.learn.estimators.memorization import MemorizationClassifier
    from lutgen.learn.estimators.regression import BoostedLutRegressor
    from lutgen.model import Argmax, Bits, LutNetwork, Sum
    from lutgen.model.file import load
    from lutgen.tune.search import BoostedLutSearch


__all__ = [
    "Argmax",
    "Bits",
    "BoostedLutClassifier",
    "BoostedLutRegressor",
    "BoostedLutSearch",
    "CoreConfig",
    "Encoder",
    "LutAnomalyDetector",
    "LutNetwork",
    "MemorizationClassifier",
    "Sum",
    "__version__",
    "build",
    "fit_encoder",
    "from_lightgbm",
    "from_sklearn",
    "from_torch",
    "from_xgboost",
    "load",
    "make_core",
    "prove",
    "simulate",
    "synthesise",
]

_HOMES = {
    **dict.fromkeys(("Argmax", "Bits", "LutNetwork", "Sum"), "model"),
    "load": "model.file",
    **dict.fromkeys(("Encoder", "fit_encoder"), "encode.encoder"),
    "from_torch": "importers.modules",
    "BoostedLutClassifier": "learn.estimators.boosting",
    "LutAnomalyDetector": "learn.estimators.anomaly",
    "BoostedLutRegressor": "learn.estimators.regression",
    "BoostedLutSearch": "tune.search",
    "MemorizationClassifier": "learn.estimators.memorization",
    **dict.fromkeys(("CoreConfig", "make_core"), "core"),
    **{f"from_{name}": "importers.trees.objects" for name in ("lightgbm", "sklearn", "xgboost")},
    **{name: f"jobs.{name}" for name in ("build", "prove", "simulate", "synthesise")},
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


moved.install()
