"""A network that another program trained becomes a model, compared with the original."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.table import AS_FOUND, TableOptions
from lutgen.datasets.tables import load_features
from lutgen.importers.content import Content
from lutgen.importers.format import Imported
from lutgen.importers.reading import AUTO, having_seen, read
from lutgen.importers.registry import get_format, recognise
from lutgen.jobs.progress import SILENT, Progress
from lutgen.jobs.samples import known_of
from lutgen.model import Argmax, LutNetwork
from lutgen.records.importing import Compared, ImportRecord


def import_model(
    path: Path,
    format_: str = AUTO,
    options: Mapping[str, Any] | None = None,
    data: Path | None = None,
    table: TableOptions = AS_FOUND,
    *,
    progress: Progress = SILENT,
) -> tuple[LutNetwork, ImportRecord]:
    """Return the network of a file, and what there is to say of it.

    Parameters
    ----------
    format_ : str
        Name of the format, or ``auto``.
    options : mapping
        What the format has to be told.
    data : Path, optional
        Samples; a network whose features have names finds its columns by them.

    Raises
    ------
    DataError, ModelError, ConfigError
        As :func:`lutgen.importers.import_file`.
    """
    content = Content(path)
    chosen = recognise(content) if format_ == AUTO else get_format(format_)
    with progress.working(f"reading {chosen.title}"):
        imported = read(chosen, content, None, options or {})
    compared = None
    if data is not None:
        samples = load_features(data, known_of(imported.network), table, say=progress.say)
        if imported.reference is not None:  # then the samples may choose something
            with progress.working(f"reading {chosen.title}"):
                imported = read(chosen, content, samples, options or {})
        else:
            imported = replace(imported, network=having_seen(imported.network, samples))
        compared = compare(imported, samples)
    record = ImportRecord(
        format=chosen.name,
        title=chosen.title,
        sha256=content.sha256,
        notes=imported.notes,
        compared=compared,
    )
    return imported.network, record


def compare(imported: Imported, samples: NDArray[Any]) -> Compared | None:
    """Return how a network differs from its original on samples; None where it is the same."""
    if imported.reference is None:
        return None
    network = imported.network
    theirs, ours = imported.reference(samples), network.margins(samples)
    different = 0
    if isinstance(network.head, Argmax):
        different = int(np.count_nonzero(theirs.argmax(axis=1) != ours.argmax(axis=1)))
    return Compared(
        n_samples=len(samples),
        disagreements=different,
        largest_error=float(np.abs(theirs - ours).max(initial=0.0)),
    )
