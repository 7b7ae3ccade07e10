"""Old spellings of options, those of 0.1.0: they work, and say on stderr what is new."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lutgen.cli.app import app
from lutgen.cli.spellings import RENAMED, renew
from lutgen.errors import ConfigError
from lutgen.learn.memorize import Parameters
from lutgen.model import LutNetwork, Source

CHIP = {"--chip"}


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from lutgen.jobs.learn import memorize
    from lutgen.jobs.samples import load_source

    source = Source("digits", "ge5")
    path = tmp_path_factory.mktemp("model") / "digits.npz"
    memorize(load_source(source), source, Parameters(k=4, widths=(32, 32))).save(path)
    return path


@pytest.mark.parametrize(
    ("command", "old", "new"),
    [
        # the commands of 0.1.0's tutorial
        ("verilog", "--target xilinx7 --input-bits 8", "--chip xilinx7 --input-bits 8"),
        ("prove", "small.npz --target ice40", "--chip ice40 small.npz"),
        ("synth", "--target ice40 --device hx8k", "--chip ice40-hx8k"),
        ("synth", "--target all --mode direct", "--chip all --mode direct"),
        ("fmax", "--target ice40-hx8k,ecp5-25k", "--chip ice40-hx8k,ecp5-25k"),
        ("verilog", "--target ice40 --grade hx8k", "--chip ice40-hx8k"),
        ("boost", "--data digits --luts 10", "--data digits --luts-per-class 10"),
        # others that were there
        ("verilog", "--target=ice40 --grade=lp", "--chip ice40-lp8k-lp"),
        ("verilog", "--target ice40 --grade hx --pipeline 1", "--chip ice40-hx8k-hx --pipeline 1"),
        ("verilog", "--target gowin --grade c6/i5", "--chip gowin-gw1nr-9-c6/i5"),
        ("synth", "--target ice40 --device hx1k --grade hx", "--chip ice40-hx1k-hx"),
        ("synth", "--device hx1k", "--chip ice40-hx1k"),
        ("train", "--target ice40-hx8k", "--chip ice40-hx8k"),
        ("mutate", "--simulate 3", "--simulate-faults 3"),
        ("mutate", "--simulate=3", "--simulate-faults=3"),
        ("host", "--timeout 1", "--answer-timeout 1"),
        # what stays
        ("build", "--simulate 200 --timeout 9", "--simulate 200 --timeout 9"),
        ("verilog", "--chip ice40 -- --target", "--chip ice40 -- --target"),
    ],
)
def test_what_is_new(command: str, old: str, new: str) -> None:
    words, remarks = renew(command, old.split(), CHIP)
    assert words == new.split()
    assert len(remarks) == (old != new)
    for remark in remarks:
        assert remark.endswith(" by now; the old spelling goes with the next release")


def test_old_and_new_do_not_mix() -> None:
    with pytest.raises(ConfigError, match=r"--chip says it all: leave --target out"):
        renew("verilog", ["--target", "ice40", "--chip", "ecp5"], CHIP)


def test_an_option_that_a_command_has_keeps_its_meaning() -> None:
    for command, names in RENAMED.items():
        words = [word for name in names for word in (name, "1")]
        assert renew(command, words, {*names}) == (words, [])


@pytest.mark.parametrize(
    ("words", "new"),
    [
        ("verilog MODEL --target ice40 --fmax-target 60MHz --grade hx8k", "--chip ice40-hx8k"),
        ("emit MODEL --form blif --target ecp5", "--chip ecp5"),
        ("optimise MODEL --target ice40 --max-loss 0.5", "--chip ice40"),
        ("fmax MODEL --target ice40-hx1k,xcup", "--chip ice40-hx1k,xcup"),
        ("synth MODEL --target ice40 --mode no --device hx8k", "--chip ice40-hx8k"),
        ("simulate MODEL --target ice40 --simulator no", "--chip ice40"),
        ("prove MODEL --target ice40 --post-synthesis no", "--chip ice40"),
        ("mutate MODEL --target ice40 --n 4 --simulate 0", "--simulate-faults"),
        ("mutate MODEL --target ice40 --n 4 --simulate 0", "--chip ice40"),
        ("boost --luts 0", "--luts-per-class"),
        ("train --wiring window:8 --target ice40-hx8k", "--chip ice40-hx8k"),
        ("host MODEL --timeout 1 --port /dev/nothing", "--answer-timeout"),
    ],
)
def test_old_spellings_reach_the_command(model: Path, tmp_path: Path, words: str, new: str) -> None:
    out = () if words.startswith("host") else ("-o", tmp_path / "out")
    result = run(*[model if word == "MODEL" else word for word in words.split()], *out)
    said = result.stderr.splitlines()
    assert any(f" is {new} by now" in line and line.startswith("lutgen: --") for line in said)
    assert "No such option" not in result.stderr
    # those that work to the end, and those that are refused for a later option
    refused = ("--mode no", "--simulator no", "--post-synthesis no", "--luts 0", "window:8",
               "/dev/nothing", "xcup")  # fmt: skip
    if any(word in words for word in refused):
        assert result.exit_code in (2, 3)
    else:
        assert result.exit_code == 0, result.output


def test_both_spellings_make_the_same(model: Path, tmp_path: Path) -> None:
    old = ("--target", "ice40", "--grade", "hx8k")
    records = []
    for folder, words in (("old", old), ("new", ("--chip", "ice40-hx8k"))):
        out = tmp_path / folder
        result = run("verilog", model, *words, "--fmax-target", "60MHz", "-o", out, "--json")
        assert result.exit_code == 0, result.output
        records.append({**json.loads(result.stdout), "files": None})
        assert (out / "lutgen_core.v").exists()
    assert records[0] == records[1]
    assert LutNetwork.load(model).digest == records[0]["model"]["digest"]
