"""Running programs: logs, failures, timeouts, several at once, questions and Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from programs import fake_program, wait_for
from strategies import random_network

from lutgen.errors import OutputError, ToolError
from lutgen.flow import process
from lutgen.flow.process import Job, ask, run_together


def test_subprocess_does_not_inherit_a_surrounding_make(monkeypatch) -> None:
    monkeypatch.setenv("MAKEFLAGS", "w -- VENV=elsewhere")
    monkeypatch.setenv("COCOTB_TEST_FILTER", "nothing")
    environment = process.subprocess_environment({"A": "b"}, without=("COCOTB_",))
    assert environment["A"] == "b" and environment["PATH"] == os.environ["PATH"]
    assert not {"MAKEFLAGS", "COCOTB_TEST_FILTER"} & set(environment)


def test_run_writes_the_log_and_returns_the_time(tmp_path: Path) -> None:
    log = tmp_path / "new" / "tool.log"
    command = ["sh", "-c", "echo said; echo complained >&2; sleep 0.2; pwd"]
    seconds = process.run(command, what="tool", cwd=tmp_path, log=log)
    assert log.read_text() == f"said\ncomplained\n{tmp_path.resolve()}\n"
    assert 0.2 <= seconds < 20


def test_failure_quotes_the_telling_lines_and_the_log(tmp_path: Path) -> None:
    script = "echo boring; echo 'core.v:3: ERROR: syntax error'; echo bye; exit 4"
    with pytest.raises(ToolError) as caught:
        process.run(["sh", "-c", script], what="Yosys", cwd=tmp_path, log=tmp_path / "t.log")
    assert str(caught.value) == (
        f"Yosys failed (exit code 4): core.v:3: ERROR: syntax error; log: {tmp_path / 't.log'}"
    )


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 1", "failed .exit code 1.: it said nothing"),
        ("echo one; echo two; exit 1", "one | two"),
        ("kill -SEGV $$", "ended by SIGSEGV"),
    ],
)
def test_failure_without_an_error_line(tmp_path: Path, script: str, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        process.run(["sh", "-c", script], what="t", cwd=tmp_path, log=tmp_path / "t.log")


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="cannot start /no/such/tool: No such file"):
        process.run(["/no/such/tool"], what="t", cwd=tmp_path, log=tmp_path / "t.log")


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot write .*; choose a folder that is writable"):
        process.run(["true"], what="t", cwd=tmp_path, log=tmp_path / "file" / "t.log")


def test_timeout_ends_the_whole_group(tmp_path: Path) -> None:
    script = "sleep 300 & echo $!; wait"
    with pytest.raises(ToolError, match=r"slow tool was stopped after 0\.5 s; log: "):
        process.run(
            ["sh", "-c", script],
            what="slow tool",
            cwd=tmp_path,
            log=tmp_path / "t.log",
            timeout_seconds=0.5,
        )
    assert is_gone(int((tmp_path / "t.log").read_text()))


def test_ctrl_c_ends_the_children(tmp_path: Path) -> None:
    log = tmp_path / "t.log"
    program = (
        "from pathlib import Path; from lutgen.flow.process import run; "
        "run(['sh', '-c', 'trap \"\" INT; sleep 300 & echo $!; wait'], what='t', "
        f"cwd=Path('.'), log=Path({str(log)!r}))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, start_new_session=True
    )
    child = wait_for_number(log)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in said
    assert is_gone(child)


def test_a_request_to_terminate_ends_the_children(tmp_path: Path) -> None:
    fake_program(
        tmp_path,
        "yosys",
        'case "$1" in -*) echo Yosys 9.99; exit;; esac\n'
        'trap "" INT TERM; sleep 300 & echo $! >"$CHILD"; wait',
    )
    model = tmp_path / "m.npz"
    random_network(np.random.default_rng(0), 8, [4, 1], 4).save(model)
    process = subprocess.Popen(
        [sys.executable, "-m", "lutgen", "synth", model, "--chip", "ice40", "-o", tmp_path / "out"],
        env=os.environ
        | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CHILD": str(tmp_path / "child")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    child = wait_for_number(tmp_path / "child")
    process.terminate()
    assert process.wait(30) == 128 + signal.SIGTERM
    assert is_gone(child)


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_so_many_run_at_once_and_none_is_left(tmp_path: Path) -> None:
    code = "import time; print('x'); time.sleep(0.4)"
    jobs = [Job("job", python(code), tmp_path, tmp_path / f"{i}.log") for i in range(4)]
    start = time.monotonic()
    ends = run_together(jobs, at_once=4)
    assert time.monotonic() - start < 4 * 0.4 + 1.0
    assert [end.code for end in ends] == [0] * 4
    assert [job.log.read_text() for job in jobs] == ["x\n"] * 4
    jobs = [
        Job("fails", python("raise SystemExit(7)"), tmp_path, tmp_path / "a.log"),
        Job("hangs", python("import time; time.sleep(60)"), tmp_path, tmp_path / "b.log"),
    ]
    start = time.monotonic()
    ends = run_together(jobs, at_once=2, timeout_seconds=1.0)
    assert [end.code for end in ends] == [7, None] and time.monotonic() - start < 20


def test_one_that_cannot_start_stops_the_others(tmp_path: Path) -> None:
    jobs = [
        Job("waits", ("sh", "-c", "echo $$; sleep 300"), tmp_path, tmp_path / "w.log"),
        Job("speaks", ("sh", "-c", "until [ -s w.log ]; do sleep 0.02; done"), tmp_path,
            tmp_path / "s.log"),
        Job("ghost", ("/no/such",), tmp_path, tmp_path / "g.log"),
    ]  # fmt: skip
    with pytest.raises(ToolError, match="ghost: cannot start /no/such"):
        run_together(jobs, at_once=2)
    assert is_gone(int((tmp_path / "w.log").read_text()))


def test_a_watcher_stops_a_job_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_WATCH_SECONDS", 0.05)
    job = Job("waits", ("sleep", "300"), tmp_path, tmp_path / "t.log")
    (end,) = run_together([job], at_once=1, watch=lambda job, seconds: f"{job.what} in vain")
    assert (end.code, end.why) == (None, "waits in vain")


def test_a_question_is_answered_on_both_streams() -> None:
    answer = ask(["sh", "-c", "echo one; echo two >&2; exit 3"])
    assert (answer.code, answer.stdout, answer.stderr) == (3, "one\n", "two\n")
    assert answer.last_line == "two"
    assert ask(["true"]).last_line == "it said nothing"
    with pytest.raises(ToolError, match=r"sleep gave no answer in 0\.2 s"):
        ask(["sleep", "300"], timeout_seconds=0.2)
    with pytest.raises(ToolError, match="cannot start /no/such"):
        ask(["/no/such"])


def wait_for_number(path: Path) -> int:
    for _ in range(600):
        if path.exists() and path.read_text().endswith("\n"):
            return int(path.read_text())
        time.sleep(0.05)
    raise AssertionError(f"nothing appeared in {path}")


def is_gone(process_id: int) -> bool:
    """Return whether a process ends within a moment (a zombie has ended)."""
    for _ in range(100):
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return True
        stat = Path(f"/proc/{process_id}/stat")
        if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_tool_ends_with_a_lutgen_that_is_killed(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from lutgen.flow.process import run; "
        "run(['sh', '-c', 'echo $$ > tool; exec sleep 300'], what='t', cwd=Path(), log=Path('log'))"
    )
    process_ = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path)
    number = int(wait_for(tmp_path / "tool", r"\d+\n", process_))
    process_.kill()
    process_.wait()
    end = time.monotonic() + 30
    while Path(f"/proc/{number}").exists() and " Z " not in stat_of(number):
        assert time.monotonic() < end, "the tool goes on"
        time.sleep(0.02)


def stat_of(number: int) -> str:
    try:
        return Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return " Z "


def test_what_a_tool_wrote_on_a_full_disk_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        f_bavail = 0

    command = ["sh", "-c", "echo half > netlist.v"]
    process.run(command, what="Yosys", cwd=tmp_path, log=tmp_path / "log")
    monkeypatch.setattr(os, "statvfs", lambda _: Full)
    with pytest.raises(OutputError, match=r"No space left .* what Yosys wrote there may"):
        process.run(command, what="Yosys", cwd=tmp_path, log=tmp_path / "log")
