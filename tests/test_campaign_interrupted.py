"""The campaign of interruptions in short, and that it sees what it looks for."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from campaign.interrupted import (
    COMMANDS,
    Undisturbed,
    broken,
    contents,
    interrupt,
    neither_old_nor_new,
    prepare,
    tiny_models,
)

VERILOG = next(command for command in COMMANDS if command.name == "verilog")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return prepare(VERILOG, tmp_path_factory.mktemp("whole"), tiny_models)


def test_a_killed_command_loses_nothing_and_goes_well_the_next_time(
    whole: Undisturbed, tmp_path: Path
) -> None:
    assert whole.n_changes > 10  # the old core's files move, the new one's are written
    rng = random.Random(1)
    for point in range(2):
        where, faults = interrupt(VERILOG, whole, tmp_path / f"point{point}", rng)
        assert not faults, where


def test_the_campaign_is_of_a_hundred_points_or_more() -> None:
    assert sum(command.n_points for command in COMMANDS) >= 100
    assert {"boost", "train", "build", "reproduce"} <= {command.name for command in COMMANDS}


@pytest.mark.parametrize("name", ["a.npz", "hw/core.json", "notes.txt"])
def test_half_a_file_is_seen(whole: Undisturbed, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "now"
    shutil.copytree(whole.before, folder)
    assert not list(broken(folder)) and not list(neither_old_nor_new(folder, whole))
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) // 2])
    (found,) = broken(folder)
    assert found.startswith(name)
    assert f"{name}: neither old nor new" in list(neither_old_nor_new(folder, whole))


def test_a_lost_file_is_seen(whole: Undisturbed, tmp_path: Path) -> None:
    folder = tmp_path / "now"
    shutil.copytree(whole.before, folder)
    (folder / "hw" / "core.json").unlink()
    assert any("core.json: the old one is lost" in words for words in
               neither_old_nor_new(folder, whole))  # fmt: skip


def test_what_is_left_behind_is_seen_but_is_no_result(whole: Undisturbed, tmp_path: Path) -> None:
    folder = tmp_path / "now"
    shutil.copytree(whole.after, folder)
    (folder / "hw" / ".core.json.0123abcd.part").write_text("{")
    assert not list(broken(folder))
    assert contents(folder).keys() == contents(whole.after).keys()
    assert len(contents(folder, parts=True)) == len(contents(whole.after)) + 1
