"""Measure a model on labelled samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lutgen.jobs.progress import SILENT, Progress
from lutgen.jobs.samples import AUTO, class_numbers, samples_for
from lutgen.model import LutNetwork, Source
from lutgen.records.learnt import EvaluationRecord


def evaluate(
    network: LutNetwork,
    source: Source | None = None,
    part: str = AUTO,
    data_dir: Path | None = None,
    *,
    download: bool = True,
    progress: Progress = SILENT,
) -> EvaluationRecord:
    """Measure a model's accuracy; by default on the test part of the data it was trained on.

    Of another file, all is scored where `part` is ``auto``.

    Raises
    ------
    ConfigError
        If there is no such part, or the model does not say what it was trained on.
    DataError
        If the data cannot be had, or a label is none of the model's.
    """
    chosen = samples_for(network, source, part, data_dir, download=download, progress=progress)
    true = class_numbers(network, chosen.name, chosen.y)
    predicted = network.class_numbers(network.encode(chosen.X))
    n = network.n_classes
    confusion = np.bincount(true * n + predicted, minlength=n * n).reshape(n, n)
    return EvaluationRecord(
        data=chosen.name,
        part=chosen.part,
        split=chosen.split,
        n_samples=len(true),
        n_correct=int((predicted == true).sum()),
        classes=tuple(str(label) for label in network.classes),
        confusion=tuple(tuple(map(int, row)) for row in confusion),
    )
