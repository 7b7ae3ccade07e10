"""Tree ensembles of other libraries: forests, boosted trees, isolation forests.

Each library's files become an :class:`~lutgen.importers.trees.ensemble.Ensemble`, `quantise` makes
whole numbers of its leaves, `logic` and `network` a network of it.
"""

from __future__ import annotations

from lutgen.importers.content import Content
from lutgen.importers.trees import catboost, conifer, lightgbm, onnx, skops, treelite, xgboost
from lutgen.importers.trees.ensemble import Ensemble
from lutgen.importers.trees.importing import ITERATIONS, tree_format


def _is_xgboost(content: Content) -> bool:
    return xgboost.is_json(content) or xgboost.is_ubjson(content)


def _read_xgboost(content: Content, iterations: int | None = None) -> Ensemble:
    read = xgboost.read_ubjson if xgboost.is_ubjson(content) else xgboost.read_json
    return read(content, iterations)


def _is_treelite(content: Content) -> bool:
    return treelite.is_json(content) or treelite.is_checkpoint(content)


def _read_treelite(content: Content) -> Ensemble:
    read = treelite.read_json if treelite.is_json(content) else treelite.read_checkpoint
    return read(content)


FORMATS = (
    tree_format("xgboost", "XGBoost, JSON or UBJSON", _is_xgboost, _read_xgboost, (ITERATIONS,)),
    tree_format("lightgbm", "LightGBM, text", lightgbm.recognises, lightgbm.read, (ITERATIONS,)),
    tree_format("skops", "scikit-learn's trees, saved by skops", skops.recognises, skops.read),
    tree_format("onnx-trees", "ONNX with an ensemble of trees", onnx.recognises, onnx.read),
    tree_format("conifer", "Conifer, JSON", conifer.recognises, conifer.read),
    tree_format("treelite", "Treelite, JSON or checkpoint", _is_treelite, _read_treelite),
    tree_format("catboost", "CatBoost, JSON", catboost.recognises, catboost.read),
)
