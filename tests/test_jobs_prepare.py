"""What is compiled once: each part is made, and one that cannot be is named, and keeps no other."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from programs import fake_program
from typer.testing import CliRunner

from lutgen.cli.app import app
from lutgen.jobs import prepare as job
from lutgen.jobs.beside import meanwhile


def test_a_tool_that_fails_is_named_and_the_others_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = fake_program(tmp_path, "works", "exit 0")
    fails = fake_program(tmp_path, "fails", "echo 'Error: no room'; exit 5")
    tools = [
        (spec, job.Tool(spec.name, path, "1"))
        for spec, path in ((job.ToolSpec("Works", "works", "tests", ""), works),
                           (job.ToolSpec("Fails", "fails", "tests", ""), fails))
    ]  # fmt: skip
    monkeypatch.setattr(job, "_wasm_tools", lambda: tools)
    monkeypatch.setattr(job, "_PARTS", {})
    faults = {item.name: item.fault for item in job.prepare()}
    assert faults == {"Works": "", "Fails": "exit code 5: Error: no room"}
    result = CliRunner().invoke(app, ["doctor", "--prepare"])
    assert result.exit_code == 3
    assert "Works: ready" in result.stdout and "Fails: exit code 5" in result.stdout
    assert "cannot be made ready: Fails" in result.stderr


def test_kernels_are_kept_for_the_next_process(tmp_path: Path) -> None:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    asking = "from lutgen.learn.compiled import is_kept; print(is_kept())"
    using = (
        "import numpy as np; from lutgen.learn.boost import kernels\n"
        "kernels.sum_sizes(np.ones(3, np.int32), range(3))\n"
        "print(sum(kernels._sum_sizes.stats.cache_hits.values()))"
    )

    def ask(script: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True,
            check=True,
        ).stdout.strip()  # fmt: skip

    assert ask(asking) == "False"
    assert ask(using) == "0"
    assert ask(asking) == "True"
    assert ask(using) == "1"


def test_work_goes_on_meanwhile_and_its_fault_comes_to_who_waits() -> None:
    go = threading.Event()
    result = meanwhile(lambda: go.wait(60) and 42)
    go.set()
    assert result() == 42

    def fail() -> int:
        raise ValueError("no")

    failing = meanwhile(fail)
    with pytest.raises(ValueError, match="no"):
        failing()
