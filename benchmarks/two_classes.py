"""Boosting with two classes: a round is one LUT, which all threads learn together.

Seconds of one thread and of two, in turn in one process, the least of some runs each. On a machine
that others use, too, two threads often share a processor, and the learner takes one. So the tasks
are run one after another once more, and of each set of them only the longest counts ("apart"): what
two processors take that nobody else uses, but for the handing out. "busy" is what a processor does
for one thread. The networks are the same, which is looked up. Writes ``results/two_classes.json``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from paper import arguments

from lutgen.datasets.load import load_dataset
from lutgen.datasets.tasks import apply_task
from lutgen.encode.encoder import fit_encoder
from lutgen.files import write_json
from lutgen.learn.boost import BoostParameters, boost, learner
from lutgen.learn.boost.parameters import ABSOLUTE, NEWTON
from lutgen.learn.executor import Executor

RECORD = Path(__file__).parent / "results" / "two_classes.json"
CASES = {
    "adult": ("uci:adult", "", "gain:100"),
    "magic": ("uci:magic", "", "gain:100"),
    "mnist ge5": ("mnist", "ge5", ""),
}


class Apart:
    """Two workers in turn, as if each had a processor."""

    n_workers = 2

    def __init__(self) -> None:
        start = time.thread_time()
        for _ in range(1000):
            time.thread_time()
        self._clock = (time.thread_time() - start) / 1000  # what reading it takes
        self.saved, self.n_handed_out = 0.0, 0

    def map(self, task: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        """See :class:`lutgen.learn.executor.Executor`."""
        items = list(items)
        if len(items) < 2:
            return [task(item) for item in items]
        self.n_handed_out += 1
        results, ends = [], [0.0, 0.0]
        for item in items:
            start = time.thread_time()
            results.append(task(item))
            ends[ends.index(min(ends))] += time.thread_time() - start - self._clock
        self.saved += min(ends) + 2 * len(items) * self._clock
        return results


class Always:
    """Takes all workers for every round; see :class:`lutgen.learn.executor.Faster`."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def begin(self) -> Executor:
        """Return the workers."""
        return self._executor


def main() -> None:
    """Measure all cases by both criteria."""
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--luts", type=int, default=60)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--to", type=Path, default=RECORD, help="the file that is written")
    options = parser.parse_args()
    rows = [
        measure(name, criterion, options.data_dir, options.luts, options.runs)
        for name in CASES
        for criterion in (NEWTON, ABSOLUTE)
    ]
    load = round(os.getloadavg()[0], 1)
    write_json(options.to, {"n_luts": options.luts, "load": load, "rows": rows})


def measure(
    name: str, criterion: str, data_dir: Path | None, n_luts: int, n_runs: int
) -> dict[str, object]:
    """Return the seconds of one thread and of two, and what they could be."""
    source, task, encoding = CASES[name]
    data = load_dataset(source, data_dir=data_dir)
    if task:
        data = apply_task(data, task)
    encoder = fit_encoder(encoding or data.encoder, data.X_train, data.y_train)
    bits = encoder.encode(data.X_train)
    classes, labels = np.unique(data.y_train, return_inverse=True)
    parameters = BoostParameters(luts_per_class=n_luts, criterion=criterion)
    seconds: dict[int, list[float]] = {1: [], 2: []}
    busy: list[float] = []
    apart: list[float] = []
    digests = set()

    def learn(**options: Any) -> float:
        start = time.thread_time()
        network = boost(bits, labels, parameters, encoder=encoder, classes=classes, **options)
        digests.add(network.digest)
        return time.thread_time() - start

    for run in range(n_runs + 1):
        for n_threads, found in seconds.items():
            start = time.perf_counter()
            one = learn(n_threads=n_threads)
            if run:
                found.append(time.perf_counter() - start)
            if run and n_threads == 1:
                busy.append(one)
        workers = Apart()
        with patch.object(learner, "Faster", Always):
            taken = learn(executor=workers)
        if run:
            apart.append(taken - workers.saved)
    assert len(digests) == 1, "another network with other threads"
    row: dict[str, object] = {
        "data": name,
        "criterion": criterion,
        "n_samples": bits.n_samples,
        "n_signals": bits.n_signals,
        "seconds": {n: round(min(found), 3) for n, found in seconds.items()},
        "busy": round(min(busy), 3),
        "apart": round(min(apart), 3),
        "faster": round(min(busy) / min(apart), 2),
        "handed out a LUT": round(workers.n_handed_out / n_luts),
        "digest": digests.pop(),
    }
    print(row, flush=True)
    return row


if __name__ == "__main__":
    main()
