"""How a model came to be: data, learner, parameters, accuracies. It takes no part in the digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError


@dataclass(frozen=True)
class Source:
    """Labelled samples: where they are and how they are parted.

    Parameters
    ----------
    data : str
        Name of a data set, or path of a file.
    task : str or None
        Two classes out of many; see :func:`lutgen.datasets.tasks.apply_task`.
    label : str or None
        Column of labels of a table: its name, or its place from 1.
    test_fraction : float
        Share set aside for testing where the set has no test part of its own.
    split_seed : int
        Seed of that split.
    label_index : int or None
        Place of the column of labels, from 1.
    test_data : str or None
        Path of a file with the samples for testing.
    header, keep, missing, encoding, delimiter, decimal
        How a table is read; see :class:`lutgen.datasets.table.TableOptions`.
    sha256 : str
        Digest of the samples of a file, before they were parted; "" if not known.
    """

    data: str
    task: str | None = None
    label: str | None = None
    test_fraction: float = 0.2
    split_seed: int = 0
    label_index: int | None = None
    test_data: str | None = None
    header: str = "auto"
    keep: tuple[str, ...] = ()
    missing: str = "refuse"
    encoding: str = "auto"
    delimiter: str = "auto"
    decimal: str = "auto"
    sha256: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "keep", tuple(self.keep))  # JSON has lists


@dataclass(frozen=True)
class LayerAccuracy:
    """Training accuracy of the LUTs of one layer; layer 0 is the input bits."""

    layer: int
    n_luts: int
    mean: float
    std: float
    min: float
    max: float

    @classmethod
    def of(cls, layer: int, accuracy: NDArray[np.float64]) -> LayerAccuracy:
        """Return the row of a layer whose LUTs have these accuracies, shape (n_luts,)."""
        statistics = (
            float(value)
            for value in (accuracy.mean(), accuracy.std(), accuracy.min(), accuracy.max())
        )
        return cls(layer, int(accuracy.size), *statistics)


@dataclass(frozen=True)
class LearntAccuracy:
    """Accuracy of a boosted network when it had so many LUTs; validation None if none was held."""

    n_luts: int
    train_accuracy: float
    validation_accuracy: float | None = None


@dataclass(frozen=True)
class Optimised:
    """What a smaller model was made of.

    Parameters
    ----------
    original : str
        Digest of the model before.
    policy : str
        Which table entries were free.
    validation : mapping
        What held-out samples told of the loss, as plain JSON; empty if nobody looked.
    sizes : mapping
        Sizes and test accuracy before and after, as plain JSON; empty if nobody counted.
    """

    original: str
    policy: str
    validation: Mapping[str, Any] = field(default_factory=dict)
    sizes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Provenance:
    """How a model came to be; what is not known is "", None or empty.

    Parameters
    ----------
    learner : str
        ``memorization``, ``boosting``, or who made the network.
    parameters : mapping of str to plain JSON
        What the learner was told.
    data, task, split : str
        Data set, task, and how train and test were parted, in words.
    source : Source or None
        The same, such that the samples can be loaded again.
    n_samples : int or None
        Training samples.
    train_accuracy, validation_accuracy, test_accuracy : float or None
        Shares of samples answered rightly, 0 to 1.
    metric : str
        What these are where they are no shares: "R²" or "D²" of answers that are numbers; "" else.
    layers : tuple of LayerAccuracy
        Accuracy by layer, from the input bits on, where outputs are predictions by themselves.
    history : tuple of LearntAccuracy
        Accuracy while the network grew.
    feature_gain : tuple of float
        Each feature's share of what the learner gained by wires that read it.
    growth_ended : str
        Where growth was ended by validation: what was kept, in words.
    interrupted : bool
        Whether the learning was ended early by the user.
    wiring_chosen : str
        By what a wiring was chosen, in words.
    criterion_chosen : str
        What LUTs were chosen by, and why, in words; where that was left to the learner.
    optimised : Optimised or None
        What the model was before it was made smaller.
    """

    learner: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    data: str = ""
    task: str = ""
    split: str = ""
    source: Source | None = None
    n_samples: int | None = None
    train_accuracy: float | None = None
    validation_accuracy: float | None = None
    test_accuracy: float | None = None
    metric: str = ""
    layers: tuple[LayerAccuracy, ...] = ()
    history: tuple[LearntAccuracy, ...] = ()
    feature_gain: tuple[float, ...] = ()
    growth_ended: str = ""
    interrupted: bool = False
    wiring_chosen: str = ""
    criterion_chosen: str = ""
    optimised: Optimised | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Any) -> Provenance:
        """Read what :meth:`to_json` gave; fields that are not known are passed over.

        Raises
        ------
        ModelError
            If a field is of another type; the message names it.
        """
        if not isinstance(record, Mapping):
            raise ModelError(f"its provenance must be an object, found {str(record)[:40]!r}")
        values: dict[str, Any] = {}
        for item in fields(cls):
            if record.get(item.name) is not None:
                values[item.name] = _read(item.name, record[item.name])
        return cls(**values)


def _read(name: str, value: Any) -> Any:
    """Return a field's value, checked."""
    nested = {"source": Source, "optimised": Optimised}
    rows = {"layers": LayerAccuracy, "history": LearntAccuracy}
    try:
        if name in nested:
            return _of(nested[name], value)
        if name in rows:
            return tuple(_of(rows[name], row) for row in _list(value))
        return _CHECKS[name](value)
    except (TypeError, ValueError) as error:
        raise ModelError(f"its provenance: {name} is not as expected ({error})") from error


def _of(kind: type[Any], value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError(f"an object was expected, found {str(value)[:40]!r}")
    known = {item.name for item in fields(kind)}
    if kind is Source and value.get("drop_missing") is True:  # its name of before
        value = {**value, "missing": "drop"}
    return kind(**{key: item for key, item in value.items() if key in known})


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"a list was expected, found {str(value)[:40]!r}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text was expected, found {str(value)[:40]!r}")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a number was expected, found {str(value)[:40]!r}")
    return float(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"a whole number was expected, found {str(value)[:40]!r}")
    return value


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"an object was expected, found {str(value)[:40]!r}")
    return dict(value)


_CHECKS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(
        (
            "learner",
            "data",
            "task",
            "split",
            "wiring_chosen",
            "criterion_chosen",
            "metric",
            "growth_ended",
        ),
        _text,
    ),
    **dict.fromkeys(("train_accuracy", "validation_accuracy", "test_accuracy"), _number),
    "n_samples": _count,
    "feature_gain": lambda value: tuple(_number(item) for item in _list(value)),
    "parameters": _object,
    "interrupted": bool,
}
