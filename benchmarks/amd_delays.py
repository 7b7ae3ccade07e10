"""The delay models of AMD's chips: of public figures, checked against routed results of others.

No open place and route that installs from PyPI knows these chips, so nothing can be fitted. The
figures are those that others published: Project X-Ray's database of the 7 series (delays of slices
and of the wires between them) and RapidWright's delay model of UltraScale+. What a net takes they
do not say; it is taken for one that starts on a short wire, goes on over another, and enters a LUT.

Two publications tell what Vivado made of networks that are at hand, and so how wrong that is:
seven LogicNets of IIoT-LogicNets with their timing reports (xcu280-2L, a register after each
layer), and dwn-fpga-study (xc7a35t-1), whose Verilog Yosys maps here.

Each argument is a folder of a clone; of those that are left out nothing is made or checked.

Run with: python benchmarks/amd_delays.py [--prjxray DIR] [--rapidwright DIR] [--logicnets DIR]
          [--dwn-study DIR]   (writes lutgen/chips/xilinx/delays_*.json)
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import fmean
from typing import Any

from imported import VIVADO, one_by_one

from lutgen.chips.delay import DelayModel, get_delay_model
from lutgen.chips.registry import get_family
from lutgen.core import CoreConfig, make_core
from lutgen.files import read_json, write_json
from lutgen.flow.tools import find_yosys
from lutgen.importers.reading import import_file
from lutgen.netlist.passes.pipeline import arrivals

RECORD = Path(__file__).parent / "results" / "amd_delays.json"
UNCERTAINTY_NS = 0.035  # of a clock, as Vivado takes it where nothing else is said
CHAIN = 8  # positions of the carry chain that `carry_ns` is an eighth of

SLICE = "artix7/timings/CLBLL_L.sdf"
WIRES = "artix7/tile_type_INT_L.json"
# LUT6 pins in Yosys's techlibs/xilinx/cells_sim.v: LUT and the wire of the tile to that pin, ps
LUT6_PINS = (642, 631, 472, 407, 238, 127)

CELL_TERMS = "timing/ultrascaleplus/intrasite_delay_terms.txt"
NET_TERMS = "timing/ultrascaleplus/intersite_delay_terms.txt"

# MHz after Vivado's place and route at a target of 100 MHz, docs/{jsc,mnist}/results of the study
DWN_MHZ = {"1x50": 147.1, "1x300": 107.5}
# popcounts and argmax of the 300: the tables before them are one LUT deep and not the longest path
DWN_300 = """
module top (input clk, input [299:0] bits, output [3:0] index);
  wire [49:0] counts, counts_q; wire [299:0] bits_q; wire [3:0] found;
  pipe_reg #(.WIDTH(300)) first (.clk(clk), .d(bits), .q(bits_q));
  genvar c;
  generate for (c = 0; c < 10; c = c + 1) begin : g
    popcount #(.WIDTH(30)) p (.bits(bits_q[c*30 +: 30]), .count(counts[c*5 +: 5]));
  end endgenerate
  pipe_reg #(.WIDTH(50)) second (.clk(clk), .d(counts), .q(counts_q));
  argmax #(.K(10), .W(5)) a (.scores_flat(counts_q), .index(found));
  pipe_reg #(.WIDTH(4)) third (.clk(clk), .d(found), .q(index));
endmodule
"""


def read(clone: Path, path: str) -> str:
    """Return a file of a clone as it was committed."""
    command = ["git", "-C", str(clone), "show", f"HEAD:{path}"]
    shown = subprocess.run(command, check=True, capture_output=True).stdout
    return shown.decode("utf-8", errors="replace")


def commit(clone: Path) -> str:
    """Return the short name of a clone's commit."""
    command = ["git", "-C", str(clone), "rev-parse", "--short=10", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def xilinx7(clone: Path) -> dict[str, Any]:
    """Return the figures of Artix-7, grade 1: the slowest corner of each delay."""
    cells: dict[str, list[float]] = {}
    of = ""
    for line in read(clone, SLICE).splitlines():
        if found := re.search(r'\(CELLTYPE "(\w+)"\)', line):
            of = found[1]
        if found := re.search(
            r"\((IOPATH|SETUP) (\w+) (\w+|\(posedge CLK\)) .*::(-?[\d.]+)\)", line
        ):
            cells.setdefault(f"{of} {found[2]} {found[3]}", []).append(float(found[4]))
    pips = json.loads(read(clone, WIRES))["pips"].values()

    def hop(source: str, sink: str) -> float:
        """Return the mean delay of the switches from one kind of wire to another."""
        return fmean(
            float(pip["src_to_dst"]["delay"][3])
            for pip in pips
            if re.match(source, pip["src_wire"]) and re.match(sink, pip["dst_wire"])
            and pip["src_to_dst"].get("delay")
        )  # fmt: skip

    lut = max(cells["LUT6 A1 O6"])
    pin = fmean(LUT6_PINS) / 1000 - lut
    start = hop("LOGIC_OUTS", "[NESW]{2}2BEG")
    onward = hop("[NESW]{2}2END", "[NESW]{2}2BEG")
    enter = hop("[NESW]{2}2END", "IMUX")
    muxes = [fmean(cells[f"SELMUX2_1 {pin} OUT"]) for pin in "01"]
    chain = cells["CARRY4 S0 CO3"][0] + (CHAIN // 4 - 1) * cells["CARRY4 CIN O3"][0]
    return {
        "1": {
            "devices": ["xc7a35t", "xc7a100t", "xc7z020"],
            "overhead_ns": round(
                max(cells["FF_INIT CLK Q"]) + max(cells["FF_INIT DIN (posedge CLK)"])
                + UNCERTAINTY_NS, 3),
            "logic_ns": lut,
            "routing_ns": round(start + onward + enter + pin, 3),
            "mux_ns": round(fmean(muxes), 3),
            "carry_ns": round(chain / CHAIN, 3),
            "max_mhz": 464,
            "tool": "public figures:",
            "options": "Project X-Ray's database of Artix-7, Yosys's pins of LUT6, AMD DS181 for "
            "the clock tree; a net of two wires",
            "date": f"prjxray-db {commit(clone)}",
            "source": "python benchmarks/amd_delays.py",
        }
    }  # fmt: skip


def ultrascale(clone: Path) -> dict[str, Any]:
    """Return the figures of UltraScale+, grade 2, in RapidWright's terms."""
    arcs: dict[str, list[float]] = {}
    of = ""
    for line in read(clone, CELL_TERMS).splitlines():
        words = line.split("#")[0].split()
        if words and words[0] in ("bel", "site"):
            of = words[1].split(",")[0]
        elif len(words) > 2 and re.fullmatch(r"-?\d+", words[2]):
            arcs.setdefault(f"{of} {words[0]} {words[1]}", []).append(float(words[2]))
    rows = [line.split("#")[0].split() for line in read(clone, NET_TERMS).splitlines()]
    terms = {row[0]: float(row[1]) for row in rows if len(row) == 2}

    def wire(kind: str) -> float:
        """Return what a wire of a kind takes, the mean of both directions."""
        return fmean(
            terms[f"K0_{way}"] + terms[f"K1_{way}"] * terms[f"L_{way}_{kind}"]
            for way in ("HORIZONTAL", "VERTICAL")
        )

    lut = fmean(arcs[f"A6LUT A{pin} O6"][0] for pin in range(1, 7))
    pin = fmean(terms[f"SITEPIN_A{pin}_DELAY"] for pin in range(1, 7))
    inside = terms["K0_HORIZONTAL"]  # from the LUT's output to the first wire
    mux = fmean(arcs[f"F7MUX_AB {pin} OUT"][0] for pin in "01")
    mux += fmean(
        arcs[f"SLICEM {name}LUT/O6 F7MUX_AB/{i}"][0] for i, name in enumerate(("B6", "A6"))
    )
    chain = arcs["SLICEM A6LUT/O6 CARRY8/S0"][0] + arcs["CARRY8 S0 O7"][0]
    overhead = arcs["AFF CLK Q"][0] + arcs["AFF CLK D"][0]
    overhead += terms["INTRASITE_DELAY_LUT_OUTPUT_TO_FF_INPUT"]
    return {
        "2": {
            "devices": ["xcvu9p", "xczu7ev"],
            "overhead_ns": round(overhead / 1000 + UNCERTAINTY_NS, 3),
            "logic_ns": round(lut / 1000, 3),
            "routing_ns": round((inside + wire("QUAD") + wire("DOUBLE") + pin) / 1000, 3),
            "mux_ns": round(mux / 1000, 3),
            "carry_ns": round(chain / 1000 / CHAIN, 3),
            "max_mhz": 775,
            "tool": "public figures:",
            "options": "RapidWright's delay model v0.5 of UltraScale+, AMD DS922 for the clock "
            "tree; a net of a quad and a double wire",
            "date": f"RapidWright {commit(clone)}",
            "source": "python benchmarks/amd_delays.py",
        }
    }


def period_of(netlist: Any, delays: DelayModel) -> float:
    """Return the clock period that a netlist needs, in nanoseconds."""
    return delays.overhead_ns + max(arrivals(netlist, delays.cell_ns))


def logicnets(clone: Path) -> Iterator[dict[str, Any]]:
    """Yield a row for each LogicNet: Vivado's period, the model's of the same path and of ours."""
    delays = get_delay_model("xcup")
    family = get_family("xcup")
    for name, (luts, _) in VIVADO.items():
        folder = f"experiments/{name}/verilog"
        report = read(
            clone, f"{folder}/results_logicnet/vivadocompile/vivadocompile.runs/impl_1/"
            "logicnet_timing_summary_routed.rpt",
        )  # fmt: skip
        path = report[report.index("Max Delay Paths") :]
        slack = float(re.search(r"Slack.*?(-?[\d.]+)ns", path)[1])  # type: ignore[index]
        target = float(re.search(r"Requirement: +([\d.]+)ns", path)[1])  # type: ignore[index]
        cells = dict(re.findall(r"(\w+)=(\d+)", path[path.index("Logic Levels") :].splitlines()[0]))
        n_luts = sum(int(n) for cell, n in cells.items() if cell.startswith("LUT"))
        n_muxes = sum(int(n) for cell, n in cells.items() if cell.startswith("MUXF"))
        with tempfile.TemporaryDirectory() as work:
            names = subprocess.run(
                ["git", "-C", str(clone), "ls-tree", "--name-only", f"HEAD:{folder}"],
                check=True, capture_output=True, text=True,
            ).stdout.split()  # fmt: skip
            for file in names:
                if file.endswith(".v"):
                    (Path(work) / file).write_text(
                        read(clone, f"{folder}/{file}"), encoding="utf-8"
                    )
            network = import_file(Path(work)).network
        layers = [make_core(part, CoreConfig(chip=family.name)) for part in one_by_one(network)]
        on_path = delays.overhead_ns + n_luts * (delays.logic_ns + delays.routing_ns)
        yield {
            "network": name, "luts": luts,
            "levels": " + ".join(f"{n} {c}" for c, n in cells.items()),
            "vivado_ns": round(target - slack, 3),
            "same_path_ns": round(on_path + n_muxes * delays.mux_ns, 3),
            "ours_ns": round(max(period_of(core.netlist, delays) for core in layers), 3),
        }  # fmt: skip


def dwn_study(clone: Path) -> Iterator[dict[str, Any]]:
    """Yield a row for each DWN: its Verilog mapped by Yosys, the model beside Vivado's MHz."""
    delays = get_delay_model("xilinx7")
    parts = [f"rtl/{name}.v" for name in ("lut_node", "popcount", "argmax", "pipe_reg")]
    example = "rtl/example-model-1x50/"
    whole = [f"{example}{name}.v" for name in ("dwn_core", "thermometer_encoder", "dwn_top")]
    designs = {"1x50": ([*parts, *whole], "dwn_top", ""), "1x300": (parts, "top", DWN_300)}
    for name, (files, top, text) in designs.items():
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work)
            sources = ["own.v"] if text else []
            (folder / "own.v").write_text(text, encoding="utf-8")
            for file in files:
                sources.append(Path(file).name)
                (folder / sources[-1]).write_text(read(clone, file), encoding="utf-8")
            script = (
                f"read_verilog -sv {' '.join(sources)}; "
                f"synth_xilinx -family xc7 -noiopad -noclkbuf -nosrl -abc9 -flatten -top {top}; "
                "write_json out.json"
            )
            yosys = find_yosys().path
            subprocess.run([yosys, "-q", "-p", script], check=True, cwd=folder)
            module = json.loads((folder / "out.json").read_text())["modules"][top]
        luts, levels, path_ns = longest_path(module["cells"].values(), delays)
        yield {
            "network": name, "luts": luts, "levels": levels,
            "vivado_ns": round(1000 / DWN_MHZ[name], 3),
            "same_path_ns": round(delays.overhead_ns + path_ns, 3),
        }  # fmt: skip


def longest_path(cells: Collection[Any], delays: DelayModel) -> tuple[int, str, float]:
    """Return the LUTs of Yosys's cells, what is on their longest path, and its time."""
    drivers: dict[int, tuple[str, list[int]]] = {}
    for cell in cells:
        pins = cell["connections"]
        ways = cell["port_directions"]
        reads = [b for pin, bits in pins.items() if ways[pin] == "input" for b in bits]
        for pin, bits in pins.items():
            if ways[pin] == "output":
                drivers.update({b: (cell["type"], reads) for b in bits if isinstance(b, int)})
    graph = {
        net: [] if kind.startswith("FD") else [b for b in reads if isinstance(b, int)]
        for net, (kind, reads) in drivers.items()
    }
    settled: dict[int, tuple[float, list[str]]] = {}
    for net in TopologicalSorter(graph).static_order():
        before = max((settled[other] for other in graph.get(net, [])), default=(0.0, []))
        kind = drivers[net][0] if net in drivers and graph[net] else ""
        adds = next((ns for start, ns in (
            ("LUT", delays.logic_ns + delays.routing_ns), ("INV", 0.0), ("MUXF", delays.mux_ns),
            ("CARRY4", delays.carry_ns),
        ) if kind.startswith(start)), 0.0)  # fmt: skip
        settled[net] = (before[0] + adds, [*before[1], kind] if adds else before[1])
    path_ns, kinds = max(settled.values())
    counts = Counter(kinds)
    return (
        sum(cell["type"].startswith("LUT") for cell in cells),
        " + ".join(f"{n} {kind}" for kind, n in sorted(counts.items())),
        path_ns,
    )


def main() -> None:
    """Make the models, check them, and write both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name in ("prjxray", "rapidwright", "logicnets", "dwn-study"):
        parser.add_argument(f"--{name}", type=Path)
    clones = parser.parse_args()
    record: dict[str, Any] = read_json(RECORD) if RECORD.exists() else {}
    for name, clone, make in (
        ("xilinx7", clones.prjxray, xilinx7), ("xcup", clones.rapidwright, ultrascale),
    ):  # fmt: skip
        if clone:
            write_model(name, make(clone))
    for name, family, clone, check in (
        ("logicnets", "xcup", clones.logicnets, logicnets),
        ("dwn-study", "xilinx7", clones.dwn_study, dwn_study),
    ):
        if not clone:
            continue
        rows = []
        for row in check(clone):
            rows.append(row)
            print(row, flush=True)
        record[name] = {"commit": commit(clone), "rows": rows}
        worst = max(abs(row["same_path_ns"] / row["vivado_ns"] - 1) for row in rows)
        path = model_file(family)
        data = read_json(path)
        for item in data.values():
            item["largest_error_percent"] = round(100 * worst, 1)
        write_json(path, data)
        write_json(RECORD, record)


def model_file(family: str) -> Path:
    """Return where a family's models are."""
    folder = get_family(family).folder
    assert folder is not None
    return folder / get_family(family).delays


def write_model(family: str, data: dict[str, Any]) -> None:
    """Write a family's models; what they were found to be wrong by stays."""
    path = model_file(family)
    old = read_json(path) if path.exists() else {}
    for grade, item in data.items():
        item["largest_error_percent"] = old.get(grade, {}).get("largest_error_percent", 100.0)
        print(family, grade, item, flush=True)
    write_json(path, data)


if __name__ == "__main__":
    main()
