"""Measure a model on labelled samples."""

from __future__ import annotations

from pathlib import Path

from lutgen.jobs.progress import SILENT, Progress
from lutgen.jobs.samples import class_numbers, samples_for
from lutgen.model import LutNetwork, Source
from lutgen.records.learnt import EvaluationRecord


def evaluate(
    network: LutNetwork,
    source: Source | None = None,
    part: str = "test",
    data_dir: Path | None = None,
    *,
    download: bool = True,
    progress: Progress = SILENT,
) -> EvaluationRecord:
    """Measure a model's accuracy; by default on the test part of the data it was trained on.

    Raises
    ------
    ConfigError
        If there is no such part, or the model does not say what it was trained on.
    DataError
        If the data cannot be had, or a label is none of the model's.
    """
    name, X, y = samples_for(network, source, part, data_dir, download=download, progress=progress)
    class_numbers(network, name, y)  # refuses labels that the model does not know
    labels = network.classes
    predicted = network.predict(X)
    return EvaluationRecord(
        data=name,
        part=part,
        n_samples=len(y),
        n_correct=int((predicted == y).sum()),
        classes=tuple(str(label) for label in labels),
        confusion=tuple(
            tuple(int(((y == a) & (predicted == b)).sum()) for b in labels) for a in labels
        ),
    )
