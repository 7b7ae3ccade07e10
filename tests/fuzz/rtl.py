"""Designs built with a player around them, and played: many inputs in one run of the simulator."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Mapping
from pathlib import Path

from fuzz.models import scratch
from lutgen.board.shell import CorePorts, stream_sources, stream_top, uart_sources, uart_top
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_verilator
from lutgen.host.identity import Identity

from hdl import fold_core  # isort: skip

CLKS_PER_BIT, TIMEOUT_CLKS = 8, 400
CORE_ID = "".join(f"{(37 * i + 5) % 256:02x}" for i in range(32))
_HERE = Path(__file__).resolve().parent / "rtl"
_SECONDS = 300


def identity(core: CorePorts) -> Identity:
    """Return who the board says it is."""
    return Identity(CORE_ID, core.n_inputs, answer_width=core.answer_width)


@functools.cache
def uart_design(n_inputs: int, answer_width: int, latency: int, fault: str = "") -> Path:
    """Return the program that plays levels at a serial shell; `fault`: "OLD>>NEW" in its text."""
    core, text = fold_core(n_inputs, answer_width, latency)
    top = uart_top(
        core, identity=identity(core), clks_per_bit=CLKS_PER_BIT, timeout_clks=TIMEOUT_CLKS
    )
    texts = {path.name: path.read_text(encoding="utf-8") for path in uart_sources()}
    texts |= {"core.v": text, "top.v": top}
    return _built("uart_play", texts, {"CLKS_PER_BIT": CLKS_PER_BIT}, fault)


@functools.cache
def stream_design(
    n_inputs: int, answer_width: int, latency: int, beat_width: int, fault: str = ""
) -> Path:
    """Return the program that plays beats at an AXI4-Stream shell; see :func:`uart_design`."""
    core, text = fold_core(n_inputs, answer_width, latency)
    texts = {path.name: path.read_text(encoding="utf-8") for path in stream_sources()}
    texts |= {"core.v": text, "top.v": stream_top(core, beat_width=beat_width)}
    parameters = {"BEAT_WIDTH": beat_width, "DATA_WIDTH": 8 * -(-answer_width // 8)}
    return _built("stream_play", texts, parameters, fault)


def _built(top: str, texts: Mapping[str, str], parameters: Mapping[str, int], fault: str) -> Path:
    tool = find_verilator()
    folder = scratch() / f"{top}-{len(list(scratch().iterdir()))}"
    folder.mkdir()
    for name, text in {**texts, "play.v": (_HERE / f"{top}.v").read_text()}.items():
        old, _, new = fault.partition(">>")
        (folder / name).write_text(text.replace(old, new) if fault else text, encoding="utf-8")
    options = [f"-G{name}={value}" for name, value in parameters.items()]
    run(
        [
            *(tool.path, "--cc", "--exe", "--build", "-Wno-fatal", "-Wno-lint", "-O3"),
            *("-CFLAGS", f"-O1 -DPLAYER=V{top} -DHEADER='\"V{top}.h\"'", "-Mdir", "built"),
            *("--top-module", top, *options, *texts, "play.v", _HERE / "main.cpp"),
        ],
        what="Verilator",
        cwd=folder,
        log=folder / "build.log",
        environment=subprocess_environment(tool.environment),
    )
    return folder / "built" / f"V{top}"


def play(program: Path, files: Mapping[str, str]) -> list[str]:
    """Return the lines of said.txt after a run with some files."""
    folder = program.parents[1]
    for name, text in files.items():
        (folder / name).write_text(text, encoding="ascii")
    subprocess.run([program], cwd=folder, check=True, capture_output=True, timeout=_SECONDS)
    return (folder / "said.txt").read_text(encoding="ascii").splitlines()
