"""Measure a model on labelled samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lutgen.errors import DataError
from lutgen.jobs.progress import SILENT, Progress
from lutgen.jobs.samples import AUTO, Chosen, class_numbers, samples_for
from lutgen.learn.boost.network import score_temperature
from lutgen.learn.scores import calibration_error, explained, softmax
from lutgen.model import LutNetwork, Source, Sum
from lutgen.records.learnt import EvaluationRecord, NumbersRecord


def evaluate(
    network: LutNetwork,
    source: Source | None = None,
    part: str = AUTO,
    data_dir: Path | None = None,
    *,
    download: bool = True,
    progress: Progress = SILENT,
) -> EvaluationRecord | NumbersRecord:
    """Measure a model's answers; by default on the test part of the data it was trained on.

    Of another file, all is scored where `part` is ``auto``.

    Raises
    ------
    ConfigError
        If there is no such part, or the model does not say what it was trained on.
    DataError
        If the data cannot be had, a label is none of the model's, or is no number where the model
        answers numbers.
    """
    chosen = samples_for(network, source, part, data_dir, download=download, progress=progress)
    if isinstance(network.head, Sum):
        return _numbers(network, chosen)
    true = class_numbers(network, chosen.name, chosen.y)
    predicted = network.class_numbers(chosen.X)
    n = network.n_classes
    confusion = np.bincount(true * n + predicted, minlength=n * n).reshape(n, n)
    error = None
    if "temperature" in network.provenance.parameters:
        scores = network.scores(chosen.X).astype(np.float64)
        error = calibration_error(softmax(scores, score_temperature(network)), true)
    return EvaluationRecord(
        data=chosen.name,
        part=chosen.part,
        split=chosen.split,
        n_samples=len(true),
        n_correct=int((predicted == true).sum()),
        classes=tuple(str(label) for label in network.classes),
        confusion=tuple(tuple(map(int, row)) for row in confusion),
        calibration_error=error,
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
        data=chosen.name,
        part=chosen.part,
        split=chosen.split,
        n_samples=len(true),
        r2=explained(true, found),
        mean_absolute_error=tuple(np.abs(apart).mean(axis=0).tolist()),
        root_mean_squared_error=tuple(np.sqrt((apart**2).mean(axis=0)).tolist()),
    )
