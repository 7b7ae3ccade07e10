"""The main job from data to report, in one command, on real data that comes with scikit-learn."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from lutgen.cli import hardware, output
from lutgen.cli.core import DEFAULT_MODULE, DEFAULTS, print_core, write_core
from lutgen.cli.learning import learn, print_model
from lutgen.cli.options import Source
from lutgen.cli.proof import proof_record, run_proofs
from lutgen.cli.synthesis import measure_area, print_synthesis
from lutgen.emit.vectors import EXPECTED, INPUTS
from lutgen.files import ensure_writable, write_json
from lutgen.flow.yosys import MODES
from lutgen.learn.memorize import Parameters
from lutgen.report.parse import CORE_FILE, PROOF_FILE, SIMULATION_FILE
from lutgen.verify.compare import require_equal
from lutgen.verify.prove import require_proved

TASK = "ge5"
PARAMETERS = Parameters(k=6, widths=(128,) * 3, wiring="window:64", seed=0)
TARGET = "ice40"


def demo(
    out: Annotated[Path, typer.Option("-o", "--output", help="Folder for what is written.")] = Path(
        "build/demo"
    ),
    json: output.Json = False,
) -> None:
    """Learn, emit, synthesise, simulate, prove, report: is a handwritten digit 5 or more?"""
    start = time.monotonic()
    model_file = out / "model.npz"
    ensure_writable(model_file)
    source = Source("digits", TASK)
    dataset = source.load()
    _say(json, f"data: {len(dataset.X_train)} training and {len(dataset.X_test)} test images of "
               f"8x8 pixels; task: is the digit 5 or more?")  # fmt: skip
    network = learn(dataset, source, PARAMETERS)
    network.save(model_file)
    if not json:
        print_model(network)
    core, record = write_core(network, out, TARGET, DEFAULTS)
    if not json:
        print_core(core)
    area = measure_area(network, core, MODES, out)
    if not json:
        print_synthesis(area)
    _say(json, f"comparing with the model on the {len(dataset.X_test)} test images:")
    bits = core.ports.samples(network, dataset.X_test)
    synthesis = list(area.results.values())
    checks = hardware.run_checks(
        network, core, bits, out, synthesis, unit="test images", quiet=json
    )
    comparison = hardware.simulation_record(network, "digits, test", "test images", checks)
    write_json(out / SIMULATION_FILE, comparison)
    require_equal(checks)
    _say(json, "proving that they are the same function for every input:")
    proofs = run_proofs(network, core, synthesis, out, quiet=json)
    write_json(out / PROOF_FILE, proof_record(network, core, proofs, []))
    require_proved(proofs)
    with output.working("writing the report"):
        hardware.write_report(out)
    seconds = time.monotonic() - start
    if json:
        output.print_json({"folder": str(out), "seconds": round(seconds, 1), **record})
        return
    output.print_text("files, and what to do with them:")
    for name, use in FILES.items():
        output.print_text(f"  {out / name!s:34} {use}")
    output.print_text(f"done in {seconds:.1f} s; every form equals the model")


FILES = {
    "model.npz": "the model: lutgen info, lutgen predict, LutNetwork.load",
    f"{DEFAULT_MODULE}.v": "the hardware: its header tells ports and bit order",
    INPUTS: "test vectors: $readmemh them in your own test bench",
    EXPECTED: "what the model answers to each of them",
    "synth/direct/netlist.v": "the netlist after synthesis, for place and route",
    CORE_FILE: "model and netlist in numbers",
    SIMULATION_FILE: "the comparisons above",
    PROOF_FILE: "the proofs above",
    "report.html": "open it in a browser; report.txt and report.json say the same",
}


def _say(quiet: bool, text: str) -> None:
    if not quiet:
        output.print_text(text)
