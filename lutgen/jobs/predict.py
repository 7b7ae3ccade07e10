"""The answer to each sample of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lutgen.datasets.streams import BLOCK_BYTES, feature_blocks
from lutgen.datasets.table import AS_FOUND, TableOptions
from lutgen.datasets.tables import load_features
from lutgen.files import write_atomic, writing_atomic
from lutgen.jobs.progress import SILENT, Progress
from lutgen.jobs.samples import known_of
from lutgen.model import LutNetwork
from lutgen.text import printable


def predict(
    network: LutNetwork,
    samples: Path,
    out: Path | None = None,
    options: TableOptions = AS_FOUND,
    *,
    progress: Progress = SILENT,
) -> NDArray[Any]:
    """Return the answer to each sample of a file, and write them, one a line, if `out` says where.

    The columns of a table are matched with the model's features by their names.

    Raises
    ------
    DataError
        If the file cannot be read, or its samples have not the model's features.
    OutputError
        If `out` cannot be written.
    """
    answers = network.predict(unlabelled_samples(network, samples, options, progress=progress))
    if out is not None:
        write_answers(out, answers)
    return answers


def unlabelled_samples(
    network: LutNetwork,
    samples: Path,
    options: TableOptions = AS_FOUND,
    *,
    progress: Progress = SILENT,
) -> NDArray[Any]:
    """Return the samples of a file as the model takes them, shape (n_samples, n_features).

    The columns of a table are matched with the model's features by their names.

    Raises
    ------
    DataError
        If the file cannot be read, or its samples have not the model's features.
    """
    return load_features(samples, known_of(network), options, say=progress.say)


def predict_blocks(
    network: LutNetwork,
    samples: Path,
    options: TableOptions = AS_FOUND,
    *,
    block_bytes: int = BLOCK_BYTES,
    progress: Progress = SILENT,
) -> Iterator[NDArray[Any]]:
    """Return the answers of a file of any size, some rows after others.

    Parameters
    ----------
    block_bytes : int
        Of the file in memory at a time, about.
    """
    for X in feature_blocks(
        samples, known_of(network), options, say=progress.say, block_bytes=block_bytes
    ):
        yield network.predict(X)


def predict_to(
    network: LutNetwork,
    samples: Path,
    out: Path,
    options: TableOptions = AS_FOUND,
    *,
    block_bytes: int = BLOCK_BYTES,
    progress: Progress = SILENT,
) -> int:
    """Write the answer to each sample of a file of any size, one a line; return how many.

    The file is written whole or not at all.
    """
    n_answers = 0
    with writing_atomic(out) as stream:
        for answers in predict_blocks(
            network, samples, options, block_bytes=block_bytes, progress=progress
        ):
            stream.write(_lines(answers).encode("utf-8", "backslashreplace"))
            n_answers += len(answers)
    return n_answers


def answer_lines(answers: NDArray[Any]) -> list[str]:
    """Return a line for each answer; scores and bits of one sample have commas between.

    Line ends in labels are written as escapes.
    """
    rows = ([row] if answers.ndim == 1 else row for row in answers.tolist())
    return [",".join(printable(str(item)) for item in row) for row in rows]


def write_answers(path: Path, answers: NDArray[Any]) -> None:
    """Write answers to a file, one a line."""
    write_atomic(path, _lines(answers))


def _lines(answers: NDArray[Any]) -> str:
    return "".join(f"{line}\n" for line in answer_lines(answers))
