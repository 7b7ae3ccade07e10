"""One meaning for each option name, whatever the command."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
import typer

from lutgen.cli.app import COMMANDS, app
from lutgen.cli.spellings import RENAMED

MAY_DIFFER = {
    "--output": {"Model file to write.", "File to write; default: stdout.",
                 "Folder for what is written.", "Folder for results, a folder a study.",
                 "Folder that gets evaluation.json, for lutgen report."},
}  # fmt: skip
"""One meaning, what is written, in words that say what that is."""

HARDWARE = ("verilog", "activity", "emit", "export", "simulate", "synth", "prove", "mutate",
            "faults", "optimise", "fmax", "train", "tune")  # fmt: skip


@pytest.fixture(scope="module")
def options() -> dict[str, dict[str, Any]]:
    """Every option by its name, and by command."""
    group = typer.main.get_command(app)
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for command in COMMANDS:
        for option in group.commands[command].load().params:  # type: ignore[attr-defined]
            if option.param_type_name == "option":
                found[max(option.opts, key=len)][command] = option
    return found


def test_an_option_has_one_help_text_which_a_command_may_add_to(
    options: dict[str, dict[str, Any]],
) -> None:
    for name, by_command in options.items():
        texts = {
            option.help
            for command, option in by_command.items()
            if (name, command) != ("--data", "import")  # a file of features, no data set
        }
        assert None not in texts, name
        if name in MAY_DIFFER:
            assert texts <= MAY_DIFFER[name]
            continue
        first, *_, last = sorted(texts) * 2
        common = first[
            : next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 99)
        ]
        assert len(texts) == 1 or len(common) > 20, f"{name}: {texts}"


def test_a_chip_is_named_by_one_option_wherever_hardware_is_made(
    options: dict[str, dict[str, Any]],
) -> None:
    assert set(options["--chip"]) == set(HARDWARE)
    assert not {"--target", "--device", "--grade"} & set(options)
    defaults = {options["--chip"][command].default for command in HARDWARE}
    assert defaults == {"generic", "", None}  # never one chip that nobody asked for


def test_every_command_prints_json(options: dict[str, dict[str, Any]]) -> None:
    assert set(options["--json"]) == set(COMMANDS)


def test_who_takes_samples_takes_any(options: dict[str, dict[str, Any]]) -> None:
    table = {"--label", "--label-index", "--header", "--encoding", "--delimiter", "--decimal"}
    group = {"--data", "--task", "--data-dir", "--test-fraction", "--split-seed", "--keep",
             "--missing", "--drop-missing", "--no-download"}  # fmt: skip
    commands = {"train", "boost", "tune", "evaluate", "optimise", "export", "simulate",
                "activity", "mutate", "faults", "build", "host"}  # fmt: skip
    for name in group - {"--data-dir", "--data"}:
        assert set(options[name]) == commands, name
    assert set(options["--data"]) == commands | {"import"}
    for name in table:
        assert set(options[name]) == commands | {"predict", "import"}, name
    assert set(options["--test-data"]) == {"train", "boost", "tune"}
    assert set(options["--data-dir"]) == commands | {"reproduce"}


def test_renamed_options_are_gone_and_their_new_names_there(
    options: dict[str, dict[str, Any]],
) -> None:
    for command, names in RENAMED.items():
        for old, new in names.items():
            assert command not in options.get(old, {}) and command in options[new]
