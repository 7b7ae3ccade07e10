"""Boosting with two classes: a round is one LUT, which all threads learn together.

Seconds of one thread and of two, in turn in one process, the least of some runs each, and the
seconds that processors are busy. The networks are the same, which is looked up. Writes
``results/two_classes.json``.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
from paper import arguments

from lutgen.datasets.load import load_dataset
from lutgen.datasets.tasks import apply_task
from lutgen.encode.encoder import fit_encoder
from lutgen.files import write_json
from lutgen.learn.boost import BoostParameters, boost
from lutgen.learn.boost.parameters import ABSOLUTE, NEWTON

RECORD = Path(__file__).parent / "results" / "two_classes.json"
CASES = {
    "adult": ("uci:adult", "", "gain:100"),
    "magic": ("uci:magic", "", "gain:100"),
    "mnist ge5": ("mnist", "ge5", "binary"),
}


def main() -> None:
    """Measure all cases by both criteria."""
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--luts", type=int, default=120)
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
    """Return seconds and processors' seconds of one thread and of two."""
    source, task, encoding = CASES[name]
    data = load_dataset(source, data_dir=data_dir)
    if task:
        data = apply_task(data, task)
    encoder = fit_encoder(encoding, data.X_train, data.y_train)
    bits = encoder.encode(data.X_train)
    classes, labels = np.unique(data.y_train, return_inverse=True)
    parameters = BoostParameters(luts_per_class=n_luts, criterion=criterion)
    seconds: dict[int, list[float]] = {1: [], 2: []}
    busy: dict[int, list[float]] = {1: [], 2: []}
    digests = set()
    for run in range(n_runs + 1):
        for n_threads in seconds:
            start, begin = time.perf_counter(), time.process_time()
            network = boost(
                bits, labels, parameters, encoder=encoder, classes=classes, n_threads=n_threads
            )
            if run:
                seconds[n_threads].append(time.perf_counter() - start)
                busy[n_threads].append(time.process_time() - begin)
            digests.add(network.digest)
    assert len(digests) == 1, "another network with other threads"
    row: dict[str, object] = {
        "data": name,
        "criterion": criterion,
        "n_samples": bits.n_samples,
        "n_signals": bits.n_signals,
        "seconds": {n: round(min(found), 3) for n, found in seconds.items()},
        "busy": {n: round(min(found), 3) for n, found in busy.items()},
        "faster": round(min(seconds[1]) / min(seconds[2]), 2),
        "digest": network.digest,
    }
    print(row, flush=True)
    return row


if __name__ == "__main__":
    main()
