"""Tasks: which samples of a data set take part, and which classes their labels become."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.labels import match_labels
from lutgen.datasets.load import Dataset
from lutgen.errors import ConfigError, DataError

TASKS = (
    "ge5 (label 5 or more against less; any number), odd (odd against even), "
    "pair:3-8 (these two labels alone), in:0,2,4 (these labels against the rest)"
)

REGRESSION, AS_CLASSES = "regression", "classes"

_Labels = NDArray[Any]

_FEW_SAMPLES = 10  # of a value, where values are no classes
_MANY_CLASSES = 20  # from which on it matters whether they are classes at all


def apply_task(dataset: Dataset, task: str | None, *, training: bool = True) -> Dataset:
    """Make a problem of two classes of a data set, or take its labels as they are.

    Parameters
    ----------
    task : str or None
        ``geN``: class 1 if the label is N or more, else 0. ``odd``: class 1 if the label is odd,
        else 0. ``pair:A-B``: only samples of these two labels, which stay the classes.
        ``in:A,B,…``: class 1 if the label is in the list, else 0. ``regression``: the labels are
        numbers to answer, no classes. ``classes``: the labels as they are, however many. None: the
        same, unless they are hardly classes.
    training : bool
        Whether two classes are needed to learn from; to measure on, one is enough.

    Raises
    ------
    ConfigError
        If there is no such task.
    DataError
        If the labels do not suit the task, or do not leave two classes to learn.
    """
    if task == REGRESSION:
        return _as_numbers(dataset)
    labels = _distinct(np.concatenate([dataset.y_train, dataset.y_test]))
    if task in (None, AS_CLASSES):
        chosen = dataset
    elif task.startswith("pair:"):
        chosen = _select(dataset, _find_pair(task, labels))
    else:
        to_class = _find_rule(task, labels)
        chosen = replace(
            dataset, y_train=to_class(dataset.y_train), y_test=to_class(dataset.y_test)
        )
    if training:
        _check_classes(chosen, task, needs_test=dataset.y_test.size > 0)
    return chosen


def require_two_classes(dataset: Dataset) -> None:
    """Raise :class:`DataError` unless the labels are two; the message lists the tasks."""
    labels = _distinct(np.concatenate([dataset.y_train, dataset.y_test]))
    if len(labels) != 2:
        raise DataError(
            f"{dataset.name} has {len(labels)} label(s), {_listed(labels)}, where two classes "
            f"are needed; choose a task: {TASKS}; or learn them all with: lutgen boost"
        )


def hardly_classes(labels: _Labels) -> bool:
    """Whether labels are so many different ones that they are hardly classes."""
    n_classes = np.unique(labels).size
    return n_classes > _MANY_CLASSES and (labels.dtype.kind == "f" or 2 * n_classes > labels.size)


def look_like_numbers(labels: _Labels) -> bool:
    """Whether labels are numbers with fractions, or whole ones that few samples each have."""
    n_values = np.unique(labels).size
    few = labels.dtype.kind == "f" or _FEW_SAMPLES * n_values > labels.size
    return labels.dtype.kind in "iuf" and n_values > _MANY_CLASSES and few


def _as_numbers(dataset: Dataset) -> Dataset:
    for y in (dataset.y_train, dataset.y_test):
        if y.dtype.kind not in "iuf":
            raise DataError(
                f"task {REGRESSION} on {dataset.name}: the labels are no numbers, but "
                f"{_listed(_distinct(y), 4)}; name the column of numbers with --label"
            )
    if not dataset.y_train.size:
        raise DataError(f"{dataset.name}: there are no samples to train on")
    return replace(
        dataset, y_train=dataset.y_train.astype(float), y_test=dataset.y_test.astype(float)
    )


def _find_rule(task: str, labels: list[Any]) -> Callable[[_Labels], NDArray[np.uint8]]:
    """Return what maps labels to classes 0 and 1."""
    at_least = re.fullmatch(r"ge(-?\d{1,9})", task)
    if at_least or task == "odd":
        if any(isinstance(label, str | bool) for label in labels):
            raise DataError(
                f"task {task} needs numbers for labels, here they are {_listed(labels)}"
            )
        if at_least:
            least = int(at_least[1])
            return lambda y: (y >= least).astype(np.uint8)
        return lambda y: (y % 2 == 1).astype(np.uint8)
    if task.startswith("in:"):
        names = [name.strip() for name in task.removeprefix("in:").split(",")]
        members = [_find_label(name, labels, task) for name in names]
        return lambda y: np.isin(y, members).astype(np.uint8)
    raise ConfigError(f"unknown task {task!r}; there are {TASKS}")


def _find_pair(task: str, labels: list[Any]) -> list[Any]:
    """Return the two labels that ``pair:A-B`` names; labels may hold a hyphen themselves."""
    parts = task.removeprefix("pair:").split("-")
    names = [("-".join(parts[:i]), "-".join(parts[i:])) for i in range(1, len(parts))]
    if not names:
        raise ConfigError(f"task {task!r}: two labels parted by a hyphen are needed, as pair:3-8")
    known = {str(label) for label in labels}
    best = max(names, key=lambda pair: sum(name.strip() in known for name in pair))
    pair = [_find_label(name.strip(), labels, task) for name in best]
    if pair[0] == pair[1]:
        raise ConfigError(f"task {task!r}: the two labels must differ")
    return pair


def _find_label(name: str, labels: list[Any], task: str) -> Any:
    for label in labels:
        if str(label) == name:
            return label
    places = match_labels(np.array([name]), np.array(labels))  # 1.0 names the label 1
    if places[0] >= 0:
        return labels[places[0]]
    raise DataError(f"task {task!r}: there is no label {name!r}; there are {_listed(labels)}")


def _select(dataset: Dataset, labels: list[Any]) -> Dataset:
    train, test = np.isin(dataset.y_train, labels), np.isin(dataset.y_test, labels)
    return replace(
        dataset,
        X_train=dataset.X_train[train],
        y_train=dataset.y_train[train],
        X_test=dataset.X_test[test],
        y_test=dataset.y_test[test],
    )


def _check_classes(dataset: Dataset, task: str | None, *, needs_test: bool) -> None:
    where = dataset.name if task is None else f"task {task!r} on {dataset.name}"
    classes = _distinct(dataset.y_train)
    if len(classes) < 2:
        found = f"is one class only, {classes[0]}" if classes else "are no samples"
        raise DataError(f"{where}: there {found} to train on; at least two classes are needed")
    if task is None and hardly_classes(dataset.y_train):
        raise DataError(
            f"{where}: the labels of {dataset.y_train.size} samples are {len(classes)} different "
            f"ones, {_listed(classes, 4)}: hardly classes; name the column of labels (--label), "
            "make two classes of numbers (--task geN), or learn numbers (lutgen boost --task "
            f"{REGRESSION})"
        )
    if needs_test and dataset.y_test.size == 0:
        raise DataError(f"{where}: there are no samples to test with")


def _distinct(labels: _Labels) -> list[Any]:
    return list(np.unique(labels).tolist())


def _listed(labels: list[Any], most: int = 12) -> str:
    return ", ".join(map(str, labels[:most])) + (", …" if len(labels) > most else "")
