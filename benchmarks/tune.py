"""A model of satimage chosen for an iCE40 UP5K: what ``lutgen tune`` finds, picture and seconds.

``python benchmarks/tune.py`` writes ``benchmarks/results/tune.json`` and
``docs/tune-satimage.svg``. Seconds are the processor's, of this process, data loading and start-up
in; ``trials_before`` is how many an interrupted run had left in the folder.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from rich.console import Console
from rows import RESULTS

from lutgen.cli.output import SHOWN
from lutgen.core import CoreConfig
from lutgen.files import write_atomic, write_json
from lutgen.jobs.samples import load_source
from lutgen.jobs.tune import PICTURE_FILE, TuneOptions, tune
from lutgen.model import Source
from lutgen.records.tune import TUNE_FILE, TuneRecord

DATA, CHIP, MAX_LUTS = "uci:satimage", "ice40-up5k", 1000
DOCS = Path(__file__).parents[1] / "docs"


def main() -> None:
    """Search, or go on with a search, and write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--folder", type=Path, default=Path("build/tune-satimage"))
    options = parser.parse_args()
    source = Source(DATA)
    dataset = load_source(source, options.data_dir)
    asked = TuneOptions(CoreConfig(chip=CHIP, input_format="auto"), max_luts=MAX_LUTS)
    path = options.folder / TUNE_FILE
    n_before = len(TuneRecord.read(path).trials) if path.exists() else 0
    began = time.perf_counter()
    _, record = tune(
        dataset, source, asked, options.folder, threads=options.threads, progress=SHOWN
    )
    found = {
        "processor_seconds": round(time.process_time(), 1),
        "wall_seconds": round(time.perf_counter() - began, 1),
        "threads": options.threads,
        "trials_before": n_before,
        **record.to_json(),
        "trials": len(record.trials),
    }
    picture = (options.folder / PICTURE_FILE).read_text(encoding="utf-8")
    write_json(RESULTS / "tune.json", found)
    write_atomic(DOCS / "tune-satimage.svg", picture)
    progress = Console(stderr=True)
    progress.print(f"{found['processor_seconds']} s of the processor, {found['wall_seconds']} s")
    for place in record.front:
        item = record.candidates[place]
        progress.print(item.luts, f"{item.score:.4f}", item.parameters)
    progress.print("test", record.test_accuracy)


if __name__ == "__main__":
    main()
