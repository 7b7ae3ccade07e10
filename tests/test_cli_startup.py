"""The command line starts quickly: what is for one command is loaded by that command alone."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lutgen.cli.app import COMMANDS, app
from lutgen.cli.lazy import first_line, function_name
from lutgen.model import LutNetwork

HEAVY = ("numba", "sklearn", "scipy", "matplotlib", "amaranth", "torch", "pysat", "pooch")
LOADS = """
import sys
from lutgen.__main__ import main
watched, sys.argv = sys.argv[1].split(","), ["lutgen", *sys.argv[2:]]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("loaded:", *[name for name in watched if name in sys.modules], file=sys.stderr)
"""
ALL_HELPS = """
import sys
from typer.testing import CliRunner
from lutgen.cli.app import COMMANDS, app
watched = sys.argv[1].split(",")
for command in COMMANDS:
    assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0
    print(command, *[name for name in watched if name in sys.modules])
"""


def loaded(watched: tuple[str, ...], *words: str) -> list[str]:
    """Return which modules of those watched a command loads."""
    command = [sys.executable, "-c", LOADS, ",".join(watched), *words]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return result.stderr.splitlines()[-1].removeprefix("loaded:").split()


def test_the_version_loads_next_to_nothing() -> None:
    assert loaded((*HEAVY, "numpy", "rich", "typer.rich_utils"), "--version") == []


def test_help_loads_nothing_heavy() -> None:
    assert loaded(HEAVY, "--help") == []
    command = [sys.executable, "-c", ALL_HELPS, ",".join(HEAVY)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == list(COMMANDS)  # and nothing behind a name


def test_showing_a_model_loads_nothing_heavy(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    LutNetwork.from_luts(2, [((0, 1), 0b0110)]).save(path)
    assert loaded(HEAVY, "info", str(path)) == []


def test_the_list_of_commands_imports_none_of_them() -> None:
    modules = tuple(f"lutgen.cli.{module}" for module in sorted(set(COMMANDS.values())))
    assert loaded((*modules, "numpy"), "--help") == []


def test_importing_the_package_loads_no_numpy() -> None:
    code = "import sys, lutgen; print('numpy' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stdout.strip() == b"False"


@pytest.mark.parametrize(("command", "module"), COMMANDS.items())
def test_the_line_of_a_command_is_that_of_its_docstring(command: str, module: str) -> None:
    name = f"lutgen.cli.{module}"
    function = getattr(import_module(name), function_name(command))
    doc = inspect.getdoc(function)
    assert doc and first_line(name, command) == doc.splitlines()[0]


def test_the_list_names_every_command_and_a_wrong_one_is_guessed() -> None:
    listed = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"})
    for command, module in COMMANDS.items():
        assert first_line(f"lutgen.cli.{module}", command) in listed.stdout
    wrong = CliRunner().invoke(app, ["trian"])
    assert wrong.exit_code == 2 and "Did you mean 'train'" in wrong.stderr


def test_a_help_is_readable_at_80_columns() -> None:
    shown = CliRunner().invoke(app, ["prove", "--help"], env={"COLUMNS": "80"})
    lines = shown.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("  --pipeline N  ") for line in lines)
    texts = [line[32:].strip() for line in lines if line.startswith(" " * 32)]
    assert max(map(len, texts)) > 40  # room for words beside the names of options


def test_a_wrong_value_is_named_with_what_was_found() -> None:
    for words in (["--k", "six"], ["--k=six"]):
        wrong = CliRunner().invoke(app, ["boost", *words], env={"COLUMNS": "200"})
        assert wrong.exit_code == 2
        assert "'--k'" in wrong.stderr and "got 'six'" in wrong.stderr
