"""Measure a model on labelled samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import DataError
from lutgen.jobs.progress import SILENT, Progress
from lutgen.jobs.samples import AUTO, Chosen, class_numbers, samples_for
from lutgen.learn.boost.network import score_temperature
from lutgen.learn.scores import calibration, calibration_error, explained, softmax
from lutgen.model import LutNetwork, Source, Sum
from lutgen.records.learnt import (
    EVALUATION_FILE,
    CalibrationPart,
    EvaluationRecord,
    Example,
    NumbersRecord,
)

_CLASS_EXAMPLES = 16
_WRONG_EXAMPLES = 8


def evaluate(
    network: LutNetwork,
    source: Source | None = None,
    part: str = AUTO,
    data_dir: Path | None = None,
    *,
    folder: Path | None = None,
    download: bool = True,
    progress: Progress = SILENT,
) -> EvaluationRecord | NumbersRecord:
    """Measure a model's answers; by default on the test part of the data it was trained on.

    Of another file, all is scored where `part` is ``auto``. `folder`: see :func:`score`.

    Raises
    ------
    ConfigError
        If there is no such part, or the model does not say what it was trained on.
    DataError
        If the data cannot be had, a label is none of the model's, or is no number where the model
        answers numbers.
    """
    chosen = samples_for(network, source, part, data_dir, download=download, progress=progress)
    return score(network, chosen, folder)


def score(
    network: LutNetwork, chosen: Chosen, folder: Path | None = None
) -> EvaluationRecord | NumbersRecord:
    """Measure a model's answers to labelled samples.

    Parameters
    ----------
    chosen : Chosen
        The samples.
    folder : Path, optional
        Gets the record as ``evaluation.json``, with a few of the samples.

    Raises
    ------
    DataError
        As of :func:`evaluate`.
    OutputError
        If the folder cannot be written.
    """
    if isinstance(network.head, Sum):
        record: EvaluationRecord | NumbersRecord = _numbers(network, chosen)
    else:
        record = _classes(network, chosen, with_examples=folder is not None)
    if folder is not None:
        record.write(folder / EVALUATION_FILE)
    return record


def _classes(network: LutNetwork, chosen: Chosen, *, with_examples: bool) -> EvaluationRecord:
    true = class_numbers(network, chosen.name, chosen.y)
    predicted = network.class_numbers(chosen.X)
    n = network.n_classes
    confusion = np.bincount(true * n + predicted, minlength=n * n).reshape(n, n)
    error, parts = None, tuple[CalibrationPart, ...]()
    if "temperature" in network.provenance.parameters:
        scores = network.scores(chosen.X).astype(np.float64)
        probabilities = softmax(scores, score_temperature(network))
        error = calibration_error(probabilities, true)
        parts = _parts(probabilities, true)
    shape = chosen.feature_shape
    return EvaluationRecord(
        digest=network.digest,
        data=chosen.name,
        part=chosen.part,
        split=chosen.split,
        n_samples=len(true),
        n_correct=int((predicted == true).sum()),
        classes=tuple(str(label) for label in network.classes),
        confusion=tuple(tuple(map(int, row)) for row in confusion),
        calibration_error=error,
        calibration=parts,
        feature_shape=tuple(map(int, shape)) if len(shape) > 1 else (),
        examples=_examples(network, chosen.X, true, predicted) if with_examples else (),
    )


def _parts(probabilities: NDArray[np.float64], true: NDArray[Any]) -> tuple[CalibrationPart, ...]:
    return tuple(
        CalibrationPart(int(n), min(1.0, float(probable / n)), float(right / n))
        for n, probable, right in zip(*calibration(probabilities, true), strict=True)
        if n
    )


def _examples(
    network: LutNetwork, X: NDArray[Any], true: NDArray[Any], predicted: NDArray[Any]
) -> tuple[Example, ...]:
    """Return the first sample of each class, and the first that were answered wrongly."""
    _, firsts = np.unique(true, return_index=True)
    wrong = np.flatnonzero(predicted != true)[:_WRONG_EXAMPLES]
    rows = dict.fromkeys([*firsts[:_CLASS_EXAMPLES].tolist(), *wrong.tolist()])
    labels = [str(label) for label in network.classes]
    return tuple(
        Example(
            tuple(None if np.isnan(value) else float(value) for value in X[row].astype(np.float64)),
            labels[true[row]],
            labels[predicted[row]],
        )
        for row in rows
    )


def _numbers(network: LutNetwork, chosen: Chosen) -> NumbersRecord:
    if chosen.y.dtype.kind not in "iuf":
        raise DataError(
            f"{chosen.name}: the labels are no numbers, {chosen.y[0]!r} the first, but the model "
            "answers numbers; name their column with --label"
        )
    true = chosen.y.reshape(len(chosen.y), -1).astype(np.float64)
    found = network.predict(chosen.X).reshape(len(true), -1)
    if found.shape != true.shape:
        raise DataError(
            f"{chosen.name}: {true.shape[1]} number(s) a sample, the model answers {found.shape[1]}"
        )
    apart = found - true
    return NumbersRecord(
        digest=network.digest,
        data=chosen.name,
        part=chosen.part,
        split=chosen.split,
        n_samples=len(true),
        r2=explained(true, found),
        mean_absolute_error=tuple(np.abs(apart).mean(axis=0).tolist()),
        root_mean_squared_error=tuple(np.sqrt((apart**2).mean(axis=0)).tolist()),
    )
