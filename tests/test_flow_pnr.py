"""Place and route: commands, reports, several runs at once, and how they fail."""

import json
import sys
import time
from pathlib import Path

import pytest

from lutgen.errors import ConfigError, ToolError
from lutgen.flow.pnr import (
    CongestionError,
    find_packer,
    find_router,
    pack_command,
    place_and_route,
    read_report,
    seed_command,
)
from lutgen.flow.tools import Tool

TOOL = Tool("nextpnr", Path("/bin/nextpnr"), "1")
REPORT = {
    "utilization": {"ICESTORM_LC": {"used": 10, "available": 100}, "PLL": {"used": 0,
                                                                         "available": 1}},
    "fmax": {"clk": {"achieved": 50.5, "constraint": 12.0},
             "slow": {"achieved": 20.25, "constraint": 12.0}},
    "critical_paths": [
        {"from": "posedge clk", "to": "posedge clk", "path": []},
        {"from": "posedge slow", "to": "posedge slow", "path": [
            {"type": "clk-to-q", "delay": 1.4, "to": {"cell": "a"}},
            {"type": "routing", "delay": 2.0, "to": {"cell": "b"}},
        ]},
    ],
}  # fmt: skip


def test_each_seed_has_files_of_its_own() -> None:
    platform = ["nextpnr-ice40", "--quiet", "--log", "top.tim", "--json", "top.json",
                "--asc", "top.asc"]  # fmt: skip
    command = seed_command(platform, TOOL, 3, 12.0)
    assert command[0] == "/bin/nextpnr" and "--quiet" not in command
    words = dict(zip(command[1::2], command[2::2], strict=False))
    assert words["--log"] == "seed3.top.tim" and words["--asc"] == "seed3.top.asc"
    assert words["--json"] == "top.json"
    assert command[command.index("--seed") + 1] == "3"
    assert command[command.index("--write") + 1] == "seed3.placed.json"
    assert command[command.index("--freq") + 1] == "12"
    packed = pack_command(["icepack", "top.asc", "top.bin"], TOOL, 3)
    assert packed == ("/bin/nextpnr", "seed3.top.asc", "top.bin")


def test_the_gowin_command_of_old_is_himbaechels() -> None:
    platform = ["nextpnr-gowin", "--device", "GW1NR", "--family", "GW1N-9C", "--json", "top.json",
                "--cst", "top.cst", "--write", "top.pnr.json"]  # fmt: skip
    text = " ".join(seed_command(platform, TOOL, 1, 27.0))
    assert "--vopt family=GW1N-9C" in text and "--vopt cst=top.cst" in text
    assert "--write seed1.top.pnr.json" in text and text.count("--write") == 1
    packed = pack_command(["gowin_pack", "-o", "top.fs", "top.pnr.json"], TOOL, 1)
    assert packed[1:] == ("-o", "top.fs", "seed1.top.pnr.json")


def test_the_slowest_clock_counts(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps(REPORT))
    routed = read_report(tmp_path / "report.json", seed=2, seconds=1.234)
    assert routed.fmax_mhz == 20.25 and routed.seconds == 1.23
    assert routed.used == {"ICESTORM_LC": 10} and routed.room == {"ICESTORM_LC": 100}
    assert [(step.kind, step.cell) for step in routed.path] == [("clk-to-q", "a"), ("routing", "b")]
    (tmp_path / "report.json").write_text('{"fmax": 3}')
    with pytest.raises(ToolError, match="not a report of nextpnr"):
        read_report(tmp_path / "report.json", seed=2, seconds=1.0)


# a router that prints rows, one each 50 ms, in which so many connections less remain
ROUTER = """
import sys, time
STEP = 200 if "static" in sys.argv and LOOSE else STEP_
print("Info: Routing 10000 arcs.", flush=True)
for i in range(1, 600):
    left = max(0, 10000 - STEP * i)
    print(f"Info: {i} |  0  0 |  0  0 | {left}| 0.05 {0.05 * i:.2f}|", flush=True)
    if not left:
        break
    time.sleep(0.05)
open(sys.argv[sys.argv.index("--report") + 1], "w").write('{"fmax": {}, "utilization": {}}')
"""


def fake_router(folder: Path, step: int, *, loose: bool = False) -> Tool:
    path = folder / "nextpnr"
    text = ROUTER.replace("STEP_", str(step)).replace("LOOSE", str(loose))
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return Tool("nextpnr", path, "1")


@pytest.mark.parametrize(("step", "routes"), [(200, True), (1, False)])
def test_a_router_that_gets_nowhere_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, routes: bool
) -> None:
    monkeypatch.setattr("lutgen.flow.pnr.find_router", lambda _: fake_router(tmp_path, step))
    monkeypatch.setattr("lutgen.flow.process._WATCH_SECONDS", 0.2)
    options = {"family": "ice40", "folder": tmp_path, "seeds": [1], "clock_mhz": 12.0}
    start = time.monotonic()
    if routes:
        assert len(place_and_route(["nextpnr"], timeout_seconds=20.0, **options)) == 1
    else:
        with pytest.raises(CongestionError, match=r"wires are congested, 9,9\d\d of 10,000 conn"):
            place_and_route(["nextpnr"], timeout_seconds=20.0, **options)
    assert time.monotonic() - start < 15


@pytest.mark.parametrize(
    ("family", "command", "routes"),
    [("ice40", ["nextpnr"], True), ("gowin", ["nextpnr"], False),
     ("ice40", ["nextpnr", "--placer", "sa"], False)],
)  # fmt: skip
def test_a_congested_design_is_placed_looser(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    family: str,
    command: list[str],
    routes: bool,
) -> None:
    router = fake_router(tmp_path, 1, loose=True)
    monkeypatch.setattr("lutgen.flow.pnr.find_router", lambda _: router)
    monkeypatch.setattr("lutgen.flow.process._WATCH_SECONDS", 0.2)
    options = {"family": family, "folder": tmp_path, "seeds": [1], "clock_mhz": 12.0}
    if routes:
        assert len(place_and_route(command, timeout_seconds=20.0, **options)) == 1
    else:
        with pytest.raises(CongestionError, match="wires are congested"):
            place_and_route(command, timeout_seconds=20.0, **options)


def test_a_router_that_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lutgen.flow.pnr.find_router", lambda _: fake_router(tmp_path, 20))
    options = {"family": "ice40", "folder": tmp_path, "seeds": [1], "clock_mhz": 12.0}
    with pytest.raises(CongestionError, match=r"did not come to an end in 0.6 s, 9,\d+ of 10,000"):
        place_and_route(["nextpnr"], timeout_seconds=0.6, **options)
    monkeypatch.setattr("lutgen.flow.pnr.find_router", lambda _: Tool("x", Path("/bin/sleep"), "1"))
    monkeypatch.setattr("lutgen.flow.pnr.seed_command", lambda *_: ("/bin/sleep", "60"))
    with pytest.raises(ToolError, match=r"in 0.3 s, routing had not begun") as found:
        place_and_route(["nextpnr"], timeout_seconds=0.3, **options)
    assert not isinstance(found.value, CongestionError)


def test_a_design_that_does_not_route_says_why(tmp_path: Path) -> None:
    (tmp_path / "top.json").write_text("{}")
    command = ["nextpnr-ice40", "--hx1k", "--package", "tq144", "--json", "top.json"]
    with pytest.raises(ToolError, match=r"nextpnr-ice40 \(seed 1\) failed .*log: "):
        place_and_route(command, family="ice40", folder=tmp_path, seeds=[1], clock_mhz=12.0)


def test_tools_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="no open router for 'xilinx7' here; choose one of"):
        find_router("xilinx7")
    with pytest.raises(ToolError, match="does not know the tool 'quartus'"):
        find_packer("quartus")
    monkeypatch.setattr("lutgen.flow.tools._wheel", lambda _: None)
    with pytest.raises(
        ToolError, match=r"nextpnr-ecp5 is not installed; pip install 'lutgen.ecp5.'"
    ):
        find_router("ecp5")
