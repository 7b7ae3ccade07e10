"""The command line: what is played, and what is said and written of it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from fuzz.campaign import Job, Result, run
from fuzz.drivers import DRIVERS, MUTATE
from fuzz.judge import Finding, judge, limits
from fuzz.target import targets

ALL = "all"


def main(words: Sequence[str]) -> int:
    """Run the command; return 1 if something was found."""
    options = _parser().parse_args(words)
    if options.list:
        for name, target in targets().items():
            print(f"{name:16} {str(sys.modules[target.check.__module__].__doc__).splitlines()[0]}")
        return 0
    if options.replay:
        return _replay(options.replay)
    jobs = jobs_of(
        options.targets or [ALL], options.driver, options.inputs, options.seed, options.seconds
    )
    results = []
    for job in jobs:  # each is told and recorded before the next begins
        (result,) = run([job], lambda line: print(line, file=sys.stderr))
        results.append(result)
        for finding in result.causes.values():
            path = finding.write(options.findings)
            print(f"{path}: {finding.kind}: {finding.what} ({finding.where})")
            if finding.trace and not options.brief:
                print(finding.trace)
        if options.record:
            record(options.record, [result])
    print(table(results))
    return int(any(result.n_findings for result in results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python tests/fuzz", description=__doc__)
    add = parser.add_argument
    add("targets", nargs="*", metavar="TARGET", help="names, or the first part of some; all")
    add("--list", action="store_true", help="list the targets")
    add("--inputs", type=int, default=10_000, help="inputs in all, shared among the targets")
    add("--seconds", type=float, default=1e9, help="for each target, at most")
    add("--seed", type=int, default=0)
    add("--driver", choices=DRIVERS, default=MUTATE)
    add("--findings", type=Path, default=Path("build/fuzz"), help="folder of reproducers")
    add("--replay", type=Path, metavar="FILE", help="play the input of a reproducer again")
    add("--brief", action="store_true", help="a line a cause, without its trace")
    add("--record", type=Path, metavar="FILE", help="add counts and findings to a JSON file")
    return parser


def jobs_of(
    names: Sequence[str], driver: str, n_inputs: int, seed: int, seconds: float = 1e9
) -> list[Job]:
    """Return the jobs of targets, each with its share of the inputs."""
    known = targets()
    chosen = [
        target
        for name, target in known.items()
        if any(want in (ALL, name) or name.startswith(f"{want}-") for want in names)
    ]
    if not chosen:
        raise SystemExit(f"no target {', '.join(names)}; known: {', '.join(known)}")
    shares = sum(target.share for target in chosen)
    return [
        Job(target.name, driver, seed, 0, max(1, round(n_inputs * target.share / shares)), seconds)
        for target in chosen
    ]


def table(results: Sequence[Result]) -> str:
    """Return counts for people."""
    lines = ["| target | driver | inputs | accepted | refused | findings | seconds |"]
    lines.append("|---|---|---|---|---|---|---|")
    lines += [
        f"| {r.job.target} | {r.job.driver} | {r.inputs:,} | {r.accepted:,} | {r.refused:,} "
        f"| {r.n_findings} ({len(r.causes)} causes) | {r.seconds:.0f} |"
        for r in results
    ]
    return "\n".join(lines)


def record(path: Path, results: Sequence[Result]) -> None:
    """Add runs to a record."""
    runs = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    runs += [
        {
            "target": r.job.target,
            "driver": r.job.driver,
            "seed": r.job.seed,
            "inputs": r.inputs,
            "accepted": r.accepted,
            "refused": r.refused,
            "findings": r.n_findings,
            "seconds": round(r.seconds, 1),
            "causes": [f"{f.kind}: {f.what[:200]} ({f.where})" for f in r.causes.values()],
        }
        for r in results
    ]
    path.write_text(json.dumps(runs, indent=1) + "\n", encoding="utf-8")


def _replay(path: Path) -> int:
    finding = Finding.read(path)
    with limits():
        verdict = judge(targets()[finding.target], finding.value)
    if isinstance(verdict, Finding):
        print(f"{verdict.kind}: {verdict.what}\n{verdict.trace}")
        return 1
    print(verdict)
    return 0
