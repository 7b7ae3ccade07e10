"""A process that plays the inputs of some jobs: it may hang, starve or die, its supervisor not.

``python -m fuzz.worker FOLDER``: the folder has ``jobs.json`` and gets ``place`` (what is under
way, and the counts of its job), ``value`` (the input, where it cannot be made again),
``counts.json`` (of jobs that have ended) and, one a line, ``findings.jsonl``.
"""

from __future__ import annotations

import faulthandler
import json
import mmap
import os
import resource
import struct
import sys
import time
from pathlib import Path
from typing import Any

from fuzz.drivers import ATHERIS, MUTATE, PLAY, instrument
from fuzz.judge import ACCEPTED, REFUSED, Finding, judge, limits, to_plain

PLACE = struct.Struct("<qqd4qd")
"""Job, input, when it was begun; of the job: inputs, accepted, refused, findings, seconds."""
BACKSTOP_BYTES = 6 << 30  # of addresses: no input takes the machine's memory
MAX_FINDINGS = 20  # of one cause, in words; all are counted


class Worker:
    """What a worker writes down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.jobs = json.loads((folder / "jobs.json").read_text(encoding="utf-8"))
        with (folder / "place").open("r+b") as stream:
            self.place = mmap.mmap(stream.fileno(), PLACE.size)
        self.counts: dict[str, list[float]] = {}
        self.told: dict[str, int] = {}

    def play(self, number: int, job: dict[str, Any]) -> None:
        """Play the inputs of a job."""
        from fuzz.target import targets

        target = targets(job["module"])[job["target"]]
        counts = dict.fromkeys(("inputs", ACCEPTED, REFUSED, "findings"), 0)
        began, until = _cpu_seconds(), time.monotonic() + job["seconds"]
        value_file = os.open(self.folder / "value", os.O_WRONLY | os.O_CREAT)

        def tell(job_number: int, place: int) -> None:
            now, used = time.monotonic(), _cpu_seconds() - began
            PLACE.pack_into(self.place, 0, job_number, place, now, *counts.values(), used)

        def take(place: int, value: Any) -> bool:
            if job["driver"] != MUTATE:
                text = json.dumps(to_plain(value)).encode()
                os.pwrite(value_file, text, 0)
                os.ftruncate(value_file, len(text))
            tell(number, place)
            verdict = judge(target, value)
            n_inputs = target.count(value)
            counts["inputs"] += n_inputs
            if isinstance(verdict, Finding):
                counts["findings"] += 1
                self._tell(verdict)
            else:
                counts[verdict] += n_inputs
            return time.monotonic() < until

        numbers = range(job["start"], job["stop"])
        PLAY[job["driver"]](target, job["seed"], numbers, take)
        os.close(value_file)
        self.counts[str(number)] = [*counts.values(), _cpu_seconds() - began]
        beside = self.folder / "counts.part"
        beside.write_text(json.dumps(self.counts), encoding="utf-8")
        beside.replace(self.folder / "counts.json")
        counts = dict.fromkeys(counts, 0)
        tell(number + 1, 0)

    def _tell(self, finding: Finding) -> None:
        self.told[finding.key] = self.told.get(finding.key, 0) + 1
        if self.told[finding.key] <= MAX_FINDINGS:
            record = vars(finding) | {"value": to_plain(finding.value)}
            with (self.folder / "findings.jsonl").open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(record) + "\n")


def _cpu_seconds() -> float:
    """Return the processor's seconds of this process and its children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + used.ru_utime + used.ru_stime


def main(folder: Path) -> None:
    """Play the jobs of a folder, from where its supervisor says on."""
    faulthandler.enable()
    worker = Worker(folder)
    if worker.jobs and worker.jobs[0]["driver"] == ATHERIS:
        instrument()
    from fuzz.target import targets

    for module in {job["module"] for job in worker.jobs}:
        targets(module)  # all that they import is there before the limits are set
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (BACKSTOP_BYTES, hard))
    with limits():
        for number, job in enumerate(worker.jobs):
            worker.play(number, job)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
