"""The main job from data to report, in one command, on real data that comes with scikit-learn."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from lutgen.board.fit import MARGIN
from lutgen.cli import output
from lutgen.cli.board import DEMO_BOARD, print_build
from lutgen.cli.core import CoreOptions, print_core, with_folder
from lutgen.cli.hardware import print_check
from lutgen.cli.learning import print_model
from lutgen.cli.proof import print_proof
from lutgen.cli.synthesis import print_synthesis
from lutgen.core import DEFAULT_MODULE
from lutgen.emit.vectors import EXPECTED, INPUTS
from lutgen.files import ensure_writable
from lutgen.flow.yosys import MODES
from lutgen.jobs.beside import meanwhile
from lutgen.jobs.build import build, require_clock
from lutgen.jobs.evaluate import evaluate
from lutgen.jobs.hardware import write_core
from lutgen.jobs.learn import boost
from lutgen.jobs.prove import prove
from lutgen.jobs.report import write_report
from lutgen.jobs.samples import load_source
from lutgen.jobs.simulate import simulate
from lutgen.jobs.synthesise import measure_area
from lutgen.learn.boost import BoostParameters
from lutgen.model import Source
from lutgen.records.checks import SIMULATION_FILE
from lutgen.records.core import CORE_FILE
from lutgen.records.proof import PROOF_FILE
from lutgen.verify.compare import require_equal
from lutgen.verify.prove import require_proved

PARAMETERS = BoostParameters(luts_per_class=10)
ENCODER = "thresholds:4,8,12"
CHIP = "ice40-up5k"
CLOCK_MHZ = 12  # of the board
# The encoder is in the hardware: pixels of 0 to 16 come in. The registers are for the board.
OPTIONS = CoreOptions(input_bits=5, fmax_target=f"{MARGIN * CLOCK_MHZ:g}MHz")


@with_folder
def demo(
    out: Annotated[Path, typer.Option("-o", "--output", help="Folder for what is written.")] = Path(
        "build/demo"
    ),
    json: output.Json = False,
) -> None:
    """Learn handwritten digits, emit, synthesise, simulate, prove, and build a bitstream."""
    start = time.monotonic()
    model_file = out / "model.npz"
    ensure_writable(model_file)
    source = Source("digits")
    dataset = load_source(source, progress=output.SHOWN)
    _say(json, f"data: {len(dataset.X_train)} training and {len(dataset.X_test)} test images of "
               f"8x8 pixels; task: which digit is it?")  # fmt: skip
    network = boost(dataset, source, PARAMETERS, encoder=ENCODER, progress=output.SHOWN)
    network.save(model_file)
    if not json:
        print_model(network)
    with output.working("making the core; the first time, kernels of the mapping are compiled"):
        core, record = write_core(network, OPTIONS.config(CHIP), out)
    if not json:
        print_core(core)
    area = measure_area(core, MODES, out, progress=output.SHOWN)
    if not json:
        print_synthesis(area)
    built_of = meanwhile(lambda: build(network, DEMO_BOARD, out, OPTIONS.config(CHIP)))
    _say(json, f"the bitstream for {DEMO_BOARD} is being placed and routed meanwhile")
    _say(json, f"comparing with the model on the {len(dataset.X_test)} test images:")
    synthesis = list(area.results.values())
    simulation = simulate(
        core,
        dataset.X_test,
        folder=out,
        synthesis=synthesis,
        samples="digits, test",
        unit="test images",
        done=None if json else lambda check: print_check(check, "test images"),
        progress=output.SHOWN,
    )
    require_equal(simulation.checks)
    _say(json, "proving that they are the same function for every input:")
    done = None if json else print_proof
    proof = prove(core, folder=out, synthesis=synthesis, done=done, progress=output.SHOWN)
    require_proved(proof.proofs)
    with output.working("writing the report"):
        evaluate(network, source, folder=out)
        write_report(out)
    with output.working(f"waiting for place and route of {DEMO_BOARD}"):
        built = built_of()
    write_report(built.folder)
    if not json:
        print_build(built.record, built.folder, was_cached=built.was_cached)
    require_clock(built, DEMO_BOARD)
    seconds = time.monotonic() - start
    if json:
        output.print_json(
            {
                "folder": str(out),
                "seconds": round(seconds, 1),
                **record.to_json(),
                "build": built.record.to_json(),
            }
        )
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
    f"{DEMO_BOARD}/top.bin": "the bitstream: iceprog it, then lutgen host",
    f"{DEMO_BOARD}/report.html": "what it takes of the chip, with a floorplan",
}


def _say(quiet: bool, text: str) -> None:
    if not quiet:
        output.print_text(text)
