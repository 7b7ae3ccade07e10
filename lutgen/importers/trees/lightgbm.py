"""LightGBM's text files, versions 2 to 4.

Numbers are float64; one goes left if it is at or below the threshold, a category if it is in the
node's set. What counts as missing (nothing, NaN, or zero with NaN) is said at each node. Scores are
added up in float64.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from lutgen.errors import ConfigError, ModelError
from lutgen.importers.content import Content
from lutgen.importers.trees.comparisons import FLOAT64, cut
from lutgen.importers.trees.ensemble import MAX_SCORES, Collector, Ensemble, joined, overruled
from lutgen.importers.trees.fields import reals, whole, wholes

_ZERO = float(np.float32(1e-35))  # numbers up to it count as zero
_NONE, _AT_ZERO, _NAN = range(3)
_NUMBERS_OF_OTHER_LINKS = ("poisson", "gamma", "tweedie", "cross_entropy_lambda")


def recognises(content: Content) -> bool:
    """Return whether it is LightGBM's text."""
    head = content.head.lstrip()
    return head.startswith(b"tree") and b"\nversion=v" in head.replace(b"\r", b"")


def read(content: Content, iterations: int | None = None) -> Ensemble:
    """Read a file."""
    if content.text is None:
        raise content.fault("it is not text")
    return of_text(content.text, iterations)


def of_text(text: str, iterations: int | None = None) -> Ensemble:
    """Read a model.

    Parameters
    ----------
    iterations : int, optional
        Boosting rounds to take; by default all.

    Raises
    ------
    ModelError
        If it is damaged, or has linear models at its leaves.
    ConfigError
        If there are not as many rounds.
    """
    head, *blocks = text.split("\nTree=")
    top = _lines(head)
    if "\nend of trees" not in (blocks or [""])[-1] and top.get("version") != "v2":
        raise ModelError("it ends before 'end of trees'; part of it is missing")
    n_scores = whole(_need(top, "num_tree_per_iteration"), "num_tree_per_iteration")
    if not 1 <= n_scores <= MAX_SCORES:
        raise ModelError(f"num_tree_per_iteration is {n_scores}; 1 to {MAX_SCORES:,} are possible")
    if "tree_sizes" in top and len(top["tree_sizes"].split()) != len(blocks):
        raise ModelError(f"it has {len(blocks)} trees, not those that tree_sizes lists")
    n_rounds = len(blocks) // n_scores
    if iterations is not None and not 1 <= iterations <= n_rounds:
        raise ConfigError(f"it has {n_rounds} rounds, so iterations cannot be {iterations}")
    taken = blocks[: (iterations or n_rounds) * n_scores]
    collector = Collector(whole(_need(top, "max_feature_idx"), "max_feature_idx") + 1)
    for number, block in enumerate(taken):
        _add(collector, _lines(block.split("\n\n")[0]), number % n_scores)
    objective = top.get("objective", "").split()
    name = objective[0] if objective else ""
    classes = None
    if name in ("multiclass", "multiclassova", "softmax", "multiclass_ova", "ova", "ovr"):
        classes = np.arange(n_scores)
    elif name in ("binary", "cross_entropy", "xentropy") and n_scores == 1:
        classes = np.arange(2)
    notes = []
    if name in _NUMBERS_OF_OTHER_LINKS or "sqrt" in objective:
        notes.append(f"the answers are raw scores; LightGBM's are a function of them ({name})")
    if "pandas_categorical:[[" in text:
        notes.append(
            "columns of categories are their codes: the place in the lists of pandas_categorical, "
            "at the end of the file"
        )
    return collector.finish(
        np.zeros(n_scores),
        classes=classes,
        divisor=float(len(taken) // n_scores) if "average_output" in top else 1.0,
        feature_names=tuple(top.get("feature_names", "").split()),
        notes=tuple(notes),
    )


def _lines(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.split("\n"):
        name, _, value = line.partition("=")
        found.setdefault(name.strip(), value.strip())
    return found


def _need(told: dict[str, str], name: str) -> str:
    if name not in told:
        raise ModelError(f"it has no {name}")
    return told[name]


def _add(collector: Collector, told: dict[str, str], score: int) -> None:
    where = f"tree {len(collector.trees)}"
    if told.get("is_linear", "0") != "0":
        raise ModelError(f"{where} has linear models at its leaves (is_linear), no numbers")
    n_leaves = whole(_need(told, "num_leaves"), "num_leaves")
    values = reals(_need(told, "leaf_value").split(), "leaf_value")
    if n_leaves != values.size or n_leaves < 1:
        raise ModelError(f"{where}: num_leaves is {n_leaves}, but it has {values.size} leaf values")
    n = n_leaves - 1
    names = ("split_feature", "decision_type", "left_child", "right_child")
    parts = [wholes(told.get(name, "").split(), name).tolist() for name in names]
    thresholds = reals(told.get("threshold", "").split(), "threshold").tolist()
    if n and any(len(part) != n for part in (*parts, thresholds)):
        raise ModelError(f"{where}: its lists are not of {n} splits")
    features, kinds, left, right = parts
    sets = _sets(told) if whole(told.get("num_cat", 0), "num_cat") else []
    questions = []
    for node in range(n):
        kind = kinds[node]
        if kind & 1:
            place = thresholds[node]
            if not 0 <= place < len(sets) or place != int(place):
                raise ModelError(f"{where}: split {node} has no categories")
            cuts = sets[int(place)]
            questions.append(collector.ask(features[node], cuts, missing=False))
            continue
        if np.isnan(thresholds[node]):
            raise ModelError(f"{where} has a threshold that is NaN")
        cuts = (cut(thresholds[node], strict=False, precision=FLOAT64),)
        missing, default_left = kind >> 2 & 3, bool(kind & 2)
        if missing == _AT_ZERO:
            end = float(np.nextafter(_ZERO, 1))
            cuts = overruled(cuts, -_ZERO, end, right=not default_left)
        goes_right = not default_left if missing else bool(cuts[0] <= 0)  # NaN then counts as zero
        questions.append(collector.ask(features[node], cuts, missing=goes_right))
    # the categories of a set go left, so at these nodes the sides are exchanged
    is_set = [kind & 1 for kind in kinds[:n]]
    sides = [
        [_place(b if swap else a, n) for a, b, swap in zip(first, second, is_set, strict=True)]
        for first, second in ((left[:n], right[:n]), (right[:n], left[:n]))
    ]
    collector.add(
        [*questions, *[-1] * n_leaves],
        [*sides[0], *[0] * n_leaves],
        [*sides[1], *[0] * n_leaves],
        np.concatenate([np.zeros(n), values])[:, None],
        (score,),
    )


def _place(child: int, n_splits: int) -> int:
    """Return the node of a child: splits come first, then leaves."""
    return child if child >= 0 else n_splits + ~child


def _sets(told: dict[str, str]) -> list[tuple[float, ...]]:
    """Return the cuts of each set of categories; they count without their fraction."""
    ends = wholes(_need(told, "cat_boundaries").split(), "cat_boundaries").tolist()
    words = wholes(_need(told, "cat_threshold").split(), "cat_threshold").tolist()
    found = []
    for start, end in pairwise(ends):
        if not 0 <= start <= end <= len(words):
            raise ModelError(f"cat_boundaries of {start} and {end} for {len(words)} words")
        codes = [
            32 * place + bit
            for place, word in enumerate(words[start:end])
            for bit in range(32)
            if word >> bit & 1
        ]
        low = float(np.nextafter(-1.0, 0.0))  # from it on, a number without its fraction is 0
        found.append(joined((float(code) if code else low, float(code + 1)) for code in codes))
    return found


def text_of(booster: Any) -> str:
    """Return the text of a Booster, or of an estimator that has one."""
    inner = getattr(booster, "booster_", booster)
    return str(inner.model_to_string())
