"""Learn from data larger than memory: in chunks on this machine, or on a Dask cluster."""

from __future__ import annotations

import dataclasses
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.chunks import Chunks, open_chunks
from lutgen.datasets.table import BIT, REFUSE
from lutgen.datasets.tasks import AS_CLASSES, REGRESSION
from lutgen.encode.statistics import Block
from lutgen.encode.tally import ExactSum
from lutgen.errors import ConfigError, ToolError
from lutgen.jobs.learn import counting_luts, describe_progress
from lutgen.jobs.progress import SILENT, Progress
from lutgen.learn.blocks import (
    all_one,
    boost_blocks,
    boost_blocks_of_numbers,
    classes_of,
    count_labels,
    make_block,
    numbers_of,
    split,
)
from lutgen.learn.boost import BoostParameters, BoostProgress, Interrupted
from lutgen.learn.boost.numbers import LOSSES
from lutgen.learn.executor import executor_for
from lutgen.learn.parts import Parts, answers
from lutgen.learn.spilled import Spilled
from lutgen.model import LutNetwork, Source, Sum

_UNITS = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_OWN_BYTES = 380 << 20  # the program itself, its kernels, and what a step brings together
_COPIES = 8  # of a chunk as float64, while it is read, sorted and encoded
_STATE_BYTES = 64  # of a row beside its bits: votes, residuals, weights
_FEWEST_ROWS, _MOST_ROWS = 1 << 12, 1 << 20


def parse_bytes(text: str) -> int:
    """Return bytes of ``2GB`` or ``512 MB``, powers of ten.

    Raises
    ------
    ConfigError
        If it is not of that form.
    """
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)\s*([kmgt]b)", text.strip().lower())
    if not match:
        raise ConfigError(f"memory must be a number with its unit, as in 2GB; got {text!r}")
    return int(float(match[1]) * _UNITS[match[2]])


def rows_a_chunk(memory: int, n_columns: int) -> int:
    """Return how many rows may be in memory at a time.

    Raises
    ------
    ConfigError
        If there is no room for any.
    """
    row = _COPIES * 8 * n_columns + _STATE_BYTES
    n_rows = (memory - _OWN_BYTES) // row
    if n_rows < _FEWEST_ROWS:
        least = (_OWN_BYTES + _FEWEST_ROWS * row) / 1e6
        raise ConfigError(
            f"{memory / 1e6:.0f} MB is too little memory for {n_columns} columns; {least:.0f} MB "
            "is the least"
        )
    return min(n_rows, _MOST_ROWS)


def boost(
    source: Source,
    parameters: BoostParameters,
    *,
    memory: str | None = None,
    scheduler: str | None = None,
    encoder: str | None = None,
    validation: float = 0.0,
    balanced: bool = False,
    loss: str = LOSSES[0],
    quantile: float = 0.5,
    threads: int | None = None,
    progress: Progress = SILENT,
) -> LutNetwork:
    """Learn by boosting from files that need not fit into memory.

    The network is the one that :func:`lutgen.jobs.learn.boost` learns of the same rows in one file.

    Parameters
    ----------
    source : Source
        `data` is a file or a pattern of files, Parquet or ``.npy``.
    memory : str, optional
        What this process may take, as ``2GB``; chunks are as large as that allows.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers read the files.
    encoder, validation, balanced, loss, quantile, threads
        See :func:`lutgen.jobs.learn.boost`.

    Raises
    ------
    Interrupted
        On Ctrl-C, with what has been learnt.
    """
    _refuse_what_does_not_go(source, balanced)
    chunks = open_chunks(source.data, label=_label(source))
    label = chunks.label_name or f"column {(chunks.label or 0) + 1}"
    progress.say(
        f"{source.data}: {len(chunks.paths)} file(s), {sum(chunks.sizes):,} rows of "
        f"{chunks.n_features} features; labels: {label} (--label NAME takes another)"
    )
    with ExitStack() as opened:
        if scheduler is not None:
            whole = _on_cluster(scheduler, chunks, source, opened)
        else:
            assert memory is not None
            n_rows = rows_a_chunk(parse_bytes(memory), chunks.n_features + 1)
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="lutgen-")))
            whole = in_chunks(chunks, n_rows, folder, missing=_missing(source))
            progress.say(f"{len(whole)} chunks of {n_rows:,} rows at most; bits go to {folder}")
        executor = opened.enter_context(executor_for(None, threads))
        with progress.working("looking at the labels"):
            train, test = _parted(whole, source)
        count = opened.enter_context(counting_luts(progress))

        def tell(now: BoostProgress) -> None:
            count(now.n_done, now.n_total, describe_progress(now))

        common: dict[str, Any] = {
            "encoder": encoder or "auto",
            "missing": _missing(source),
            "validation_fraction": validation,
            "executor": executor,
            "progress": tell,
        }
        origin = partial(_with_origin, chunks=chunks, source=source)
        try:
            if source.task == REGRESSION:
                network = boost_blocks_of_numbers(
                    train, parameters, loss=loss, quantile=quantile, **common
                )
            else:
                network, _ = boost_blocks(train, parameters, **common)
        except Interrupted as stop:
            raise Interrupted(origin(stop.network, accuracy=None)) from stop
        return origin(network, accuracy=None if test is None else measure(network, test))


def in_chunks(chunks: Chunks, n_rows: int, folder: Path, *, missing: str) -> Spilled[Block]:
    """Return the blocks of files, read anew at each pass; bits made of them go to a folder."""

    def blocks() -> Iterator[Block]:
        for place, (matrix, labels) in enumerate(chunks.read(n_rows)):
            yield make_block(matrix, labels, None, place, missing=missing)

    return Spilled(folder, [blocks], chunks.n_chunks(n_rows))


def measure(network: LutNetwork, blocks: Parts[Block]) -> float | None:
    """Return the share of rows that a network has right; of numbers R², of quantiles nothing."""
    if network.provenance.metric == "D²":
        return None
    if isinstance(network.head, Sum):
        sums = answers(blocks, partial(_squares, network=network))
        left, square, total, n = (
            sum((own[i].value for own in sums), start=0 * sums[0][0].value) for i in range(4)
        )
        whole = square - total * total / n
        return float(1 - left / whole) if whole else float(left == 0)
    found = answers(blocks, partial(_right, network=network))
    return sum(right for right, _ in found) / max(1, sum(n for _, n in found))


def _right(block: Block, network: LutNetwork) -> tuple[int, int]:
    if not len(block.matrix):
        return 0, 0
    found = network.predict(block.matrix)
    return int((found == np.asarray(block.labels).astype(found.dtype)).sum()), found.size


def _squares(block: Block, network: LutNetwork) -> tuple[ExactSum, ...]:
    y = np.asarray(block.labels, dtype=np.float64)
    away = (y - network.predict(block.matrix)) ** 2 if len(y) else y
    return tuple(ExactSum.of(own) for own in (away, y * y, y, np.ones_like(y)))


def _parted(blocks: Parts[Block], source: Source) -> tuple[Parts[Block], Parts[Block] | None]:
    """Return the rows to learn from, and those that are set aside for testing."""
    if not source.test_fraction:
        return blocks, None
    if source.task == REGRESSION:
        counts = np.array(answers(blocks, _n_rows))[:, None]
        group: Callable[[NDArray[Any]], NDArray[np.integer]] = all_one
    else:
        classes = classes_of(blocks)
        counts = np.array(answers(blocks, partial(count_labels, classes=classes)))
        group = partial(numbers_of, classes=classes)
    return split(
        blocks,
        counts,
        source.test_fraction,
        source.split_seed,
        group,
        stratified=source.task != REGRESSION,
    )


def _n_rows(block: Block) -> int:
    return len(block.matrix)


def _on_cluster(scheduler: str, chunks: Chunks, source: Source, opened: ExitStack) -> Parts[Block]:
    try:
        from lutgen.dask.files import blocks_of_files  # noqa: PLC0415 - where a cluster is asked for
    except ImportError as error:
        raise ToolError(f"--scheduler needs Dask ({error}); pip install 'lutgen[dask]'") from error
    return blocks_of_files(scheduler, chunks, opened, missing=_missing(source))


def _label(source: Source) -> str | None:
    return source.label or (str(source.label_index) if source.label_index else None)


def _missing(source: Source) -> str:
    return BIT if source.missing == BIT else REFUSE


def _refuse_what_does_not_go(source: Source, balanced: bool) -> None:
    faults: Sequence[str] = [
        text
        for is_wrong, text in [
            (source.task not in (None, REGRESSION, AS_CLASSES), f"--task {source.task}"),
            (source.missing not in (REFUSE, BIT), f"--missing {source.missing}"),
            (source.test_data is not None, "--test-data"),
            (balanced, "--balanced"),
        ]
        if is_wrong
    ]
    if faults:
        raise ConfigError(
            f"{', '.join(faults)} does not go with data that is read in parts (--memory, "
            "--scheduler)"
        )


def _with_origin(
    network: LutNetwork, *, chunks: Chunks, source: Source, accuracy: float | None
) -> LutNetwork:
    split_text = "no test part"
    if source.test_fraction:
        split_text = (
            f"seeded random split, {100 * source.test_fraction:g} % test, seed {source.split_seed}"
        )
    known = dataclasses.replace(
        network.provenance,
        data=Path(source.data).name,
        task=source.task or "",
        split=split_text,
        source=dataclasses.replace(
            source,
            label=chunks.label_name or None,
            label_index=None if chunks.label is None else chunks.label + 1,
        ),
        test_accuracy=accuracy,
    )
    return dataclasses.replace(network, provenance=known, feature_names=chunks.names)
