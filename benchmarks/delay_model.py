"""Measure the delay model of each chip with nextpnr, and write delays.json of its family anew.

Layers of 4-LUTs with window wiring, a register after every 1 to 6 levels, stand between shift
registers, so that the pins are out of the way. nextpnr says what the clock period is; a line is
fitted through period against levels. Its slope is the delay of one level (the LUT as nextpnr
knows it, the rest is routing), what is left at no level is the overhead of a register. Where the
chip has hard multiplexers, layers of 6-LUTs, two multiplexers a level, tell what one adds; where
it has carry chains that lutgen builds, long and short adders tell what a position adds.

Of Gowin's chips the period comes from the delays of the routed design (SDF), see ``sdf.py``: with
the LUTs that place and route inserts before registers, which nextpnr reports no paths through.

Run with: python benchmarks/delay_model.py [chip ...]   (needs: pip install 'lutgen[boards]')
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from sdf import period_ns

from lutgen.chips.family import Family
from lutgen.chips.registry import get_family
from lutgen.emit.verilog import emit_verilog
from lutgen.files import read_json, write_json
from lutgen.flow.tools import find_yosys
from lutgen.netlist.ir import FIRST_INPUT, LUT, Cell, Netlist, NetlistBuilder
from lutgen.netlist.passes.pipeline import pipeline

N_LAYERS, WINDOW = 12, 32
LEVELS = (1, 2, 4, 6)
GOWIN_PINS = "".join(
    f'IO_LOC "{port}" {pin};\n' for port, pin in (("clk", 52), ("d", 10), ("q", 11))
)
N_ADDERS, ADDER_BITS = 8, (4, 32)
SEED = 1
FREQUENCY_MHZ = "400"  # beyond reach, so that the placer does its best


@dataclass(frozen=True)
class Chip:
    """A chip to measure, and the devices that its figures stand for."""

    family: str
    grade: str
    devices: tuple[str, ...]
    package: str
    options: tuple[str, ...]
    synth: str
    carries: bool = False  # whether there are carry chains
    pins: str = ""  # constraints, where place and route asks for them
    muxes: int = 0  # that a 6-LUT has one after the other
    sdf: tuple[str, str] | None = None  # a LUT and its output: period from SDF
    widths: tuple[int, ...] = (48, 144)  # of layers of 4-LUTs


CHIPS = (
    Chip(
        "ice40", "hx", ("hx1k", "hx4k", "hx8k"), "ice40",
        ("--hx8k", "--package", "ct256"), "synth_ice40", carries=True,
    ),
    Chip(
        "ice40", "lp", ("lp384", "lp1k", "lp8k"), "ice40",
        ("--lp8k", "--package", "cm225"), "synth_ice40", carries=True,
    ),
    Chip("ice40", "up", ("up5k",), "ice40", ("--up5k", "--package", "sg48"), "synth_ice40",
         carries=True),
    Chip(
        "ecp5", "6", ("12k", "25k", "45k", "85k"), "ecp5",
        ("--25k", "--package", "CABGA381", "--speed", "6", "--lpf-allow-unconstrained"),
        "synth_ecp5", muxes=2,
    ),
    Chip(
        "gowin", "c6/i5", ("gw1nr-9",), "himbaechel-gowin",
        ("--device", "GW1NR-LV9QN88PC6/I5", "--vopt", "family=GW1N-9C", "--vopt", "cst=pins.cst"),
        "synth_gowin", pins=GOWIN_PINS, muxes=2, sdf=("LUT4", "F"),
        widths=(48,),  # wider ones take this router many minutes each
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One place and route: levels between registers, the period, what the path consists of."""

    levels: int
    muxes: int
    period_ns: float
    logic_ns: tuple[float, ...]


def layers(width: int, k: int, seed: int) -> Netlist:
    """Return layers of random k-LUTs, each reading a window of the layer before."""
    rng = np.random.default_rng(seed)
    builder = NetlistBuilder(width)
    first = FIRST_INPUT
    for layer in range(N_LAYERS):
        start = builder.n_nets if layer else first + width
        for place in range(width):
            low = min(max(0, place - WINDOW // 2), width - min(WINDOW, width))
            reads = first + low + rng.choice(min(WINDOW, width), k, replace=False)
            table = int.from_bytes(rng.bytes((1 << k) // 8), "little")
            builder.add(Cell(LUT, tuple(reads.tolist()), table, f"l{layer}_n{place}", layer + 1))
        first = start
    return builder.finish(tuple(range(first, first + width)))


def adders(family: Family, n_bits: int) -> Netlist:
    """Return adders of so many bits with a register at each output."""
    assert family.carry is not None
    builder = NetlistBuilder(2 * n_bits * N_ADDERS)
    outputs = []
    for i in range(N_ADDERS):
        chain, first = family.carry(builder, f"h{i}"), FIRST_INPUT + 2 * i * n_bits
        outputs += [chain.add(first + 2 * j, first + 2 * j + 1) for j in range(n_bits)]
        outputs.append(chain.finish())
    return pipeline(builder.finish(tuple(outputs)), 1)[0]


def measure_carry(chip: Chip) -> float:
    """Return what a position adds to the period: from short adders to long ones."""
    family = get_family(chip.family)
    periods = [place_and_route(chip, family.map(adders(family, n)))[1] for n in ADDER_BITS]
    print(f"  {chip.grade} adders of {ADDER_BITS} bits: {periods} ns", flush=True)
    return round((periods[1] - periods[0]) / (ADDER_BITS[1] - ADDER_BITS[0]), 2)


def harness(n_inputs: int, n_outputs: int) -> str:
    """Return the top module: bits shifted in, the core, outputs folded into a shift register."""
    return f"""
module top (input clk, input d, output q);
  reg [{n_inputs - 1}:0] in;
  reg [{n_outputs - 1}:0] out, fold;
  wire [{n_outputs - 1}:0] y;
  core u (.clk(clk), .x(in), .y(y));
  always @(posedge clk) begin
    in <= {{in, d}};
    out <= y;
    fold <= {{fold, 1'b0}} ^ out;
  end
  assign q = fold[{n_outputs - 1}];
endmodule
"""


def place_and_route(chip: Chip, core: Netlist, seed: int = 1) -> tuple[dict[str, Any], float]:
    """Return nextpnr's report of a core between shift registers, and the period in ns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = emit_verilog(core, get_family(chip.family), module="core")
        (folder / "core.v").write_text(text)
        (folder / "pins.cst").write_text(chip.pins)
        (folder / "top.v").write_text(harness(core.n_inputs, len(core.outputs)))
        script = f"read_verilog core.v top.v; {chip.synth} -top top; write_json top.json"
        call([str(find_yosys().path), "-q", "-p", script], folder)
        tool = Path(sys.executable).with_name(f"yowasp-nextpnr-{chip.package}")
        call(
            [str(tool), *chip.options, "--json", "top.json", "--report", "report.json", "--freq",
             FREQUENCY_MHZ, "--timing-allow-fail", "--seed", str(seed), "-q",
             *(("--sdf", "delays.sdf") if chip.sdf else ())],
            folder,
        )  # fmt: skip
        report: dict[str, Any] = json.loads((folder / "report.json").read_text())
        if chip.sdf:
            lut, output = chip.sdf
            return report, period_ns((folder / "delays.sdf").read_text(), lut=lut, output=output)
    return report, 1000 / fmax_mhz(report)


def call(command: list[str], folder: Path) -> None:
    """Run a tool; if it fails, say what it said."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {(done.stdout + done.stderr)[-2000:]}")


def fmax_mhz(report: dict[str, Any]) -> float:
    """Return the achieved frequency of the one clock."""
    (clock,) = report["fmax"].values()
    return float(clock["achieved"])


def measure(chip: Chip, k: int, width: int, levels: int, seed: int) -> Run:
    """Place and route one design."""
    core = get_family(chip.family).map(pipeline(layers(width, k, seed), levels)[0])
    report, period = place_and_route(chip, core, seed)
    paths = [p["path"] for p in report["critical_paths"] if "<async>" not in (p["from"], p["to"])]
    path = paths[0] if paths else []  # a period alone will do, too
    logic = tuple(round(float(step["delay"]), 3) for step in path if step["type"] == "logic")
    muxes = levels * chip.muxes if k > 4 else 0
    run = Run(levels, muxes, period, logic)
    print(f"  {chip.grade} k {k} width {width}: {levels} level(s) {run.period_ns:.2f} ns, "
          f"logic {logic}", flush=True)  # fmt: skip
    return run


def fit(runs: list[Run], *, lut_before_register: bool) -> dict[str, float]:
    """Fit period = overhead + levels * (logic + routing) + multiplexers * mux.

    Where a LUT comes before each register, one behind a multiplexer adds its own.
    """
    columns = np.array(
        [[1, run.levels, run.muxes, lut_before_register and run.muxes > 0] for run in runs],
        dtype=float,
    )
    periods = np.array([run.period_ns for run in runs])
    fitted = np.linalg.lstsq(columns, periods)[0]
    overhead, level, mux, behind_mux = fitted
    logic = float(np.mean([delay for run in runs if not run.muxes for delay in run.logic_ns]))
    error = np.abs(columns @ fitted - periods) / periods
    return {
        "overhead_ns": round(float(overhead), 2),
        "logic_ns": round(logic, 2),
        "routing_ns": round(float(level) - logic, 2),
        "mux_ns": round(max(0.0, float(mux)), 2),
        "behind_mux_ns": round(max(0.0, float(behind_mux)), 2),
        "largest_error_percent": round(100 * float(error.max()), 1),
    }


def main() -> None:
    """Measure the chips named, or all, and write the data."""
    for chip in CHIPS:
        if sys.argv[1:] and chip.grade not in sys.argv[1:]:
            continue
        family = get_family(chip.family)
        assert family.folder is not None
        path = family.folder / family.delays
        data = read_json(path) if path.exists() else {}
        print(f"{chip.family} {chip.grade}", flush=True)
        runs = [
            measure(chip, k, width, levels, SEED)
            for k, widths in ((4, chip.widths), (6, (36,) if chip.muxes else ()))
            for width in widths
            for levels in LEVELS
        ]
        package = f"yowasp-nextpnr-{chip.package}"
        data[chip.grade] = {
            "devices": list(chip.devices),
            **fit(runs, lut_before_register=bool(chip.sdf)),
            "carry_ns": measure_carry(chip) if chip.carries else 0.0,
            "tool": f"nextpnr-{chip.package} {metadata.version(package)} (YoWASP)",
            "options": " ".join(chip.options),
            "date": datetime.date.today().isoformat(),
            "source": "python benchmarks/delay_model.py",
        }
        write_json(path, data)


if __name__ == "__main__":
    main()
