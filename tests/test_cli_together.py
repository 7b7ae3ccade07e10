"""Commands at the same time in one folder, or one after another that was killed: no mixture."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from programs import wait_for

from lutgen.files import folder_to_itself
from lutgen.jobs.hardware import write_core
from lutgen.model import Argmax, LutNetwork
from lutgen.records.core import CORE_FILE, NETWORK_FILE


def network(table: int) -> LutNetwork:
    luts = [((0, 1), table), ((2, 3), 0b1000), ((4, 5), 0b0110)]
    return LutNetwork.from_luts(4, luts, head=Argmax.class_number())


def start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    with (folder / f"{words[1]}.log").open("wb") as log:
        command = [sys.executable, "-m", "lutgen", *words]
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)


def test_a_second_command_in_a_folder_waits_for_the_first(tmp_path: Path) -> None:
    network(0b0110).save(tmp_path / "a.npz")
    with folder_to_itself(tmp_path / "hw"):
        second = start(tmp_path, "verilog", "a.npz", "-o", "hw")
        wait_for(tmp_path / "a.npz.log", "another lutgen is at work in hw", second)
        assert second.poll() is None and not list((tmp_path / "hw").iterdir())
    assert second.wait(60) == 0
    assert (tmp_path / "hw" / CORE_FILE).exists()


def test_two_models_in_one_folder_at_once_leave_two_whole_cores(tmp_path: Path) -> None:
    digests = {}
    for name, table in (("a", 0b0110), ("b", 0b1001)):
        network(table).save(tmp_path / f"{name}.npz")
        digests[name] = network(table).digest
    running = [start(tmp_path, "verilog", f"{name}.npz", "-o", "hw") for name in digests]
    assert [process.wait(120) for process in running] == [0, 0]
    (apart,) = [path for path in (tmp_path / "hw").iterdir() if path.is_dir()]
    found = set()
    for folder in (tmp_path / "hw", apart):
        digest = json.loads((folder / CORE_FILE).read_text())["model"]["digest"]
        assert f"model    sha256 {digest}" in (folder / "lutgen_core.v").read_text()
        found.add(digest)
    assert found == set(digests.values()) and apart.name.endswith(digests_of(apart)[:8])


def digests_of(folder: Path) -> str:
    return str(json.loads((folder / CORE_FILE).read_text())["model"]["digest"])


@pytest.mark.parametrize("stop", range(1, 9))
def test_what_is_set_aside_is_complete_wherever_it_was_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    names = ("simulate.json", "proof.json", "inputs.mem", "report.txt")
    write_core(network(0b0110), None, tmp_path)
    for name in names:
        (tmp_path / name).write_text("of the first")
    really_replace, moves = Path.replace, []

    def killed(path: Path, target: Path) -> Path:
        moves.append(path)
        if len(moves) == stop:
            raise KeyboardInterrupt
        return really_replace(path, target)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "replace", killed)
        write_core(network(0b1001), None, tmp_path)
        raise KeyboardInterrupt  # after its end
    write_core(network(0b1001), None, tmp_path)
    (apart,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    made = {CORE_FILE, NETWORK_FILE, "lutgen_core.v"}
    assert {path.name for path in apart.iterdir()} == {*names, *made}
    assert digests_of(apart) == network(0b0110).digest
    assert {path.name for path in tmp_path.iterdir()} == {apart.name, *made}
    assert digests_of(tmp_path) == network(0b1001).digest
