"""The fuzzing in short: every target with a few inputs, and planted bugs, which are found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fuzz import judge
from fuzz.campaign import Job, run
from fuzz.command import main
from fuzz.drivers import HYPOTHESIS, MUTATE, input_of
from fuzz.target import targets
from fuzz.targets import rtl

INPUTS = 25  # of each target
SEED = 44  # of planted bugs: each is met, those that take long once
KINDS = {
    "crash": judge.EXCEPTION,
    "answer": judge.WRONG,
    "loop": judge.HANG,
    "loop_in_c": judge.HANG,
    "hog": judge.MEMORY,
    "die": judge.DIED,
    "refuse": judge.EXCEPTION,
}


def test_every_target_holds_on_a_few_inputs() -> None:
    jobs = [
        Job(name, stop=INPUTS)
        for name, target in targets().items()
        if not name.startswith("rtl")  # see below
    ]
    jobs += [replace(job, driver=HYPOTHESIS, stop=3) for job in jobs]
    results = run(jobs)
    assert [cause for result in results for cause in result.causes.values()] == []
    for result in results:
        assert result.inputs >= result.job.stop or result.job.driver == HYPOTHESIS
    by_name = {result.job.target: result for result in results if result.job.driver == MUTATE}
    assert all(result.accepted for result in by_name.values()), "nothing but refusals tests little"


def test_each_kind_of_bug_is_found() -> None:
    jobs = [Job(name, stop=8, seed=SEED, module="fuzz.planted") for name in KINDS]
    for result in run(jobs):
        name = result.job.target
        (finding,) = result.causes.values()
        assert (finding.kind, finding.value) == (KINDS[name], b"\3"), name
        threes = [i for i in range(8) if input_of(result.job.subject, SEED, i) == b"\3"]
        assert result.n_findings == len(threes) > 0, name
        assert result.inputs == 8, "it goes on after a finding"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "n", "fault"),
    [
        (rtl.check_line, 150, "crc != RESIDUE>>crc[0] != RESIDUE[0]"),
        (rtl.check_stream, 600, "next_short = {short, !is_whole}>>next_short = {short, 1'b0}"),
    ],
)
def test_shells_are_played_and_a_planted_fault_is_found(
    check: Callable[..., None], n: int, fault: str
) -> None:
    value = {"shape": int(check is rtl.check_stream), "seed": 1, "n": n}
    with judge.limits():
        check(value)
    with pytest.raises(AssertionError):
        check(value, fault)


def test_hypothesis_finds_a_bug(tmp_path: Path) -> None:
    (result,) = run([Job("answer", HYPOTHESIS, stop=100, module="fuzz.planted")])
    (finding,) = result.causes.values()
    path = finding.write(tmp_path)
    again = judge.Finding.read(path)
    assert again == finding and again.value == b"\3"
    with judge.limits():
        verdict = judge.judge(targets("fuzz.planted")["answer"], again.value)
    assert isinstance(verdict, judge.Finding) and verdict.key == finding.key


def test_an_input_is_the_same_whenever_it_is_made() -> None:
    for target in targets().values():
        first, second = (input_of(target, 3, 11) for _ in range(2))
        assert json.dumps(judge.to_plain(first)) == json.dumps(judge.to_plain(second))


def test_the_command_counts_and_writes_what_it_finds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "record.json"
    words = ["host-frames", "--inputs", "50", "--record", str(record)]
    assert main([*words, "--findings", str(tmp_path)]) == 0
    assert "| host-frames | mutate | 50 | 50 | 0 | 0 (0 causes) |" in capsys.readouterr().out
    (told,) = json.loads(record.read_text())
    assert (told["target"], told["inputs"], told["causes"]) == ("host-frames", 50, [])
    with pytest.raises(SystemExit, match="no target nothing"):
        main(["nothing"])
