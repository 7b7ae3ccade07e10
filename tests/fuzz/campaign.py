"""Jobs played by workers: what a worker died of or hung in is found, and the next one goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from fuzz.drivers import ATHERIS, MUTATE, input_of
from fuzz.judge import DIED, HANG, Finding, of_plain
from fuzz.target import Target, targets
from fuzz.worker import PLACE

_GRACE_SECONDS = 1.0  # beyond two turns of twice the limit, for the alarm to break in
_PATIENCE = 10  # so many times as long, where the machine and not the input takes the time
_POLL_SECONDS = 0.1
_MAX_DEATHS = 50  # of one job's workers
_TESTS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Job:
    """Inputs `start` to `stop` of a target, made by a driver, for so many seconds at most.

    `module` holds the target if none below ``targets/`` does.
    """

    target: str
    driver: str = MUTATE
    seed: int = 0
    start: int = 0
    stop: int = 1000
    seconds: float = 1e9
    module: str = ""

    @property
    def subject(self) -> Target:
        """The target itself."""
        return targets(self.module)[self.target]


@dataclass
class Result:
    """What came of a job: how many inputs were accepted and refused, and what was found."""

    job: Job
    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    n_findings: int = 0
    seconds: float = 0.0
    findings: list[Finding] = field(default_factory=list)

    def add(self, counts: Sequence[float]) -> None:
        """Add what a worker counted, as `fuzz.worker.PLACE` has it."""
        names = ("inputs", "accepted", "refused", "n_findings", "seconds")
        for name, count in zip(names, counts, strict=True):
            setattr(self, name, getattr(self, name) + count)

    @property
    def causes(self) -> dict[str, Finding]:
        """The first finding of each cause."""
        return {finding.key: finding for finding in reversed(self.findings)}


Say = Callable[[str], None]


def run(jobs: Sequence[Job], say: Say = lambda _: None) -> list[Result]:
    """Play jobs one after the other, all drivers but Atheris in one process.

    Atheris ends its process, so each of its jobs has one of its own.
    """
    results = [Result(job) for job in jobs]
    plain = [i for i, job in enumerate(jobs) if job.driver != ATHERIS]
    for group in [plain, *([i] for i, job in enumerate(jobs) if job.driver == ATHERIS)]:
        if group:
            _run_group([results[i] for i in group], say)
    return results


def _run_group(results: list[Result], say: Say) -> None:
    first, deaths = 0, 0
    rest = [result.job for result in results]
    while first < len(rest):
        with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
            folder = Path(name)
            place, number, ended = _run_worker(folder, rest[first:])
            _gather(folder, results[first:])
            at = first + place
            if ended == "":
                return
            finding = _died(folder, rest[at], number, ended)
        deaths = deaths + 1 if at == first else 1
        results[at].inputs += 1
        results[at].n_findings += 1
        results[at].findings.append(finding)
        say(f"{rest[at].target}: {finding.kind}: {finding.what}")
        rest[at] = replace(rest[at], start=number + 1)
        give_up = deaths >= _MAX_DEATHS or rest[at].start >= rest[at].stop
        first = at + 1 if give_up or rest[at].driver == ATHERIS else at


def _run_worker(folder: Path, jobs: Sequence[Job]) -> tuple[int, int, str]:
    """Return job and input that were under way at the end, and how it ended; "" if well."""
    (folder / "jobs.json").write_text(json.dumps([asdict(job) for job in jobs]), encoding="utf-8")
    start = time.monotonic() + 60  # for what the first input needs to be made
    (folder / "place").write_bytes(PLACE.pack(0, 0, start, 0, 0, 0, 0, 0))
    path = os.pathsep.join([str(_TESTS), str(_TESTS.parent), os.environ.get("PYTHONPATH", "")])
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "fuzz.worker", str(folder)],
            env=os.environ | {"PYTHONPATH": path, "TMPDIR": str(folder)},
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
        ended, since = "", (-1, 0.0)
        try:
            while child.poll() is None:
                time.sleep(_POLL_SECONDS)
                number, _, began, *_ = PLACE.unpack((folder / "place").read_bytes())
                if began != since[0]:  # or it was read while it was being written
                    since = began, _cpu_seconds(child.pid)
                    continue
                limit = 4 * jobs[min(number, len(jobs) - 1)].subject.seconds + _GRACE_SECONDS
                passed = time.monotonic() - began
                busy = _cpu_seconds(child.pid) - since[1]
                if passed > limit and (busy > limit / 4 or passed > _PATIENCE * limit):
                    ended = f"{HANG}: nothing stops it"
                    break
        finally:
            child.kill()
            child.wait()
    number, place, *_ = PLACE.unpack((folder / "place").read_bytes())
    said = (folder / "log").read_text(errors="replace").strip()
    if not ended and child.returncode < 0 and number < len(jobs):
        ended = f"{DIED}: {signal.Signals(-child.returncode).name}: {said[-400:]}"
    elif not ended and child.returncode:
        raise RuntimeError(f"the worker failed, not what it tried:\n{said[-4000:]}")
    return number, place, ended


def _cpu_seconds(pid: int) -> float:
    """Return the processor's seconds of a process; 0 if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _gather(folder: Path, results: list[Result]) -> None:
    """Add what a worker counted and found."""
    path = folder / "counts.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    at, _, _, *counts = PLACE.unpack((folder / "place").read_bytes())
    for number, known in {**found, str(at): counts}.items():
        if int(number) < len(results):
            results[int(number)].add(known)
    findings = folder / "findings.jsonl"
    if findings.exists():
        by_name = {result.job.target: result for result in results}
        for line in findings.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            finding = Finding(**record | {"value": of_plain(record["value"])})
            by_name[finding.target].findings.append(finding)


def _died(folder: Path, job: Job, number: int, ended: str) -> Finding:
    kind, _, what = ended.partition(": ")
    if job.driver == MUTATE:
        value = input_of(job.subject, job.seed, number)
    else:
        text = (folder / "value").read_text(encoding="utf-8") if (folder / "value").exists() else ""
        value = of_plain(json.loads(text)) if text else b""
    return Finding(job.target, kind, what, "", value)
