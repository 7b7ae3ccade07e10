"""Random networks through every way there is to find out what they compute: all have to agree.

The ways: the model in Python, against the definition in plain numbers; the mapped netlist in
lutgen's interpreter; the core's Verilog in Verilator, in Icarus, and in Yosys's own evaluation; and
the proofs, from the encoder's formula to the Verilog. ``python tests/campaign/differential.py``
runs a campaign and writes its record.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from campaign.definition import answer, coded
from campaign.networks import Case, make_case
from campaign.yosys_eval import Job, check_with_yosys

from lutgen.bits import Bits
from lutgen.core import Core, make_core
from lutgen.emit.vectors import EXPECTED, INPUTS, vectors
from lutgen.emit.verilog import core_verilog
from lutgen.files import write_files, write_json
from lutgen.flow.simulate import SimResult, simulate
from lutgen.model import LutNetwork
from lutgen.netlist.ir import Netlist
from lutgen.verify.compare import check_netlist, check_rtl
from lutgen.verify.prove import prove_encoder, prove_model, prove_steps, prove_verilog
from lutgen.version import __version__

from chips import models_for  # isort: skip

MODEL, NETLIST, VERILATOR, ICARUS, YOSYS, PROOF = WAYS = (
    *("model", "netlist", "Verilator", "Icarus", "Yosys", "proof"),
)
_BATCH = 48  # networks whose simulations are built together


@dataclass(frozen=True)
class Verdict:
    """What a way says of a network: "" where it agrees, else how it differs."""

    way: str
    difference: str = ""

    @property
    def agrees(self) -> bool:
        """Whether it agrees."""
        return not self.difference


@dataclass(frozen=True)
class Subject:
    """A case with its core, samples as they come in at the ports, and what each way looks at.

    Parameters
    ----------
    forms : mapping
        By way: the network of the model, the netlist, or the Verilog of the others. They are the
        core's own, unless a fault was planted in one.
    """

    case: Case
    core: Core
    bits: Bits
    forms: Mapping[str, Any]


def subject(case: Case, planted: Mapping[str, LutNetwork | Netlist | str] | None = None) -> Subject:
    """Return a case made ready, with faulty forms in place of its own where they are given."""
    core = make_core(case.network, case.config)
    verilog = core_verilog(core)
    own = dict.fromkeys((VERILATOR, ICARUS, YOSYS, PROOF), verilog)
    forms = {MODEL: core.network, NETLIST: core.netlist, **own, **(planted or {})}
    return Subject(case, core, core.interface.samples(case.X), forms)


def verdicts(subjects: Sequence[Subject], folder: Path) -> Iterator[tuple[Subject, list[Verdict]]]:
    """Yield what every way says of each subject; `folder` gets the tools' files."""
    jobs = [Job(item.core, item.forms[YOSYS], item.bits) for item in subjects]
    checks = check_with_yosys(jobs, folder / "yosys")
    simulated = {way: _simulated(subjects, way, folder) for way in (VERILATOR, ICARUS)}
    for place, (item, check) in enumerate(zip(subjects, checks, strict=True)):
        found = {
            MODEL: _model(item),
            NETLIST: _netlist(item),
            **{way: simulated[way][place] for way in (VERILATOR, ICARUS)},
            YOSYS: "" if check.passed else str(check),
            PROOF: _proof(item, folder / item.core.module / PROOF),
        }
        yield item, [Verdict(way, difference) for way, difference in found.items()]


def _model(item: Subject) -> str:
    """Compare model and interface with the definition, on the values of the codes.

    The model is given the samples as they are. Where a format rounds, it may answer otherwise, and
    has to exactly where the interface says so; of missing values it makes nothing.
    """
    network, interface, X = item.forms[MODEL], item.core.interface, item.case.X
    formats = interface.formats
    values = [
        [coded(f, x) for f, x in zip(formats, row, strict=True)] if formats else row
        for row in X.tolist()
    ]
    wanted = _rows([answer(item.case.network, row) for row in values])
    wrong = np.flatnonzero((_rows(interface.predict(X)) != wanted).any(axis=1))
    if wrong.size:
        return f"the interface differs from the definition at sample {wrong[0]}"
    known = ~np.isnan(X).any(axis=1)
    _, changed = interface.changed(X)
    differs = (_rows(network.predict(X[known])) != wanted[known]).any(axis=1)
    wrong = np.flatnonzero(differs != changed[known])
    return f"the model differs from the definition at sample {wrong[0]}" if wrong.size else ""


def _rows(answers: Any) -> NDArray[Any]:
    array = np.asarray(answers)
    return array.reshape(len(array), -1)


def _netlist(item: Subject) -> str:
    check = check_netlist(item.core.interface, item.forms[NETLIST], item.bits)
    return "" if check.passed else str(check)


# -- simulators --------------------------------------------------------------------------------


def _simulated(subjects: Sequence[Subject], way: str, folder: Path) -> list[str]:
    """Return what a simulator says of each subject.

    Building is most of the work, so those of a family are simulated as one design. Where that is
    not all equal, each is simulated alone.
    """
    said: dict[int, str] = {}
    together: dict[str, list[int]] = {}
    for place, item in enumerate(subjects):
        together.setdefault(item.core.family.name, []).append(place)
    for name, places in together.items():
        items = [subjects[place] for place in places]
        is_equal = len(items) > 1 and _simulate(items, way, folder / f"{name}_{way}").passed
        for place, item in zip(places, items, strict=True):
            said[place] = "" if is_equal else _alone(item, way, folder / item.core.module / way)
    return [said[place] for place in range(len(subjects))]


def _alone(item: Subject, way: str, folder: Path) -> str:
    if way == VERILATOR:
        check = check_rtl(item.core, item.bits, folder, verilog=item.forms[way])
        return "" if check.passed else str(check)
    result = _simulate([item], way, folder)
    return "" if result.passed else f"{result.n_equal} / {result.n_vectors} equal"


def _simulate(items: Sequence[Subject], way: str, folder: Path) -> SimResult:
    """Simulate cores of a family, side by side in one module, whose answers come together.

    Of the family's primitives only those are read that are used: Icarus 11 cannot read all that
    Yosys has of some families.
    """
    latency = max(item.core.netlist.latency for item in items)
    text = "".join(item.forms[way] for item in items)
    family = items[0].core.family.name
    sources = {"cores.v": text, "models.v": models_for(family, text), "top.v": _top(items, latency)}
    inputs = [item.bits for item in items]
    answers = [item.core.interface.answers(item.bits) for item in items]
    write_files(folder, {**sources, **vectors(_joined(inputs), _joined(answers))})
    return simulate(
        [folder / name for name in sources],
        top="together",
        inputs=folder / INPUTS,
        expected=folder / EXPECTED,
        latency=latency,
        build_dir=folder / "simulation",
        simulator=way.lower(),
    )


def _joined(parts: Sequence[Bits]) -> Bits:
    return Bits(np.concatenate([part.words for part in parts]), parts[0].n_samples)


def _top(items: Sequence[Subject], latency: int) -> str:
    """Return a module of cores side by side, each answer delayed to the latest one's cycle."""
    lines, x, y = [], 0, 0
    for place, item in enumerate(items):
        core, interface = item.core, item.core.interface
        clock = ".clk(clk), " if core.netlist.latency else ""
        width, net = interface.n_outputs, f"y{place}_0"
        lines += [
            f"  wire [{width - 1}:0] {net};",
            f"  {core.module} {core.module}_i ({clock}.x(x[{x} +: {interface.n_inputs}]), "
            f".y({net}));",
        ]
        for delay in range(1, latency - core.netlist.latency + 1):
            late = f"y{place}_{delay}"
            lines += [f"  reg [{width - 1}:0] {late};", f"  always @(posedge clk) {late} <= {net};"]
            net = late
        lines.append(f"  assign y[{y} +: {width}] = {net};")
        x, y = x + interface.n_inputs, y + width
    ports = f"input clk, input [{x - 1}:0] x, output [{y - 1}:0] y"
    return "\n".join([f"module together ({ports});", *lines, "endmodule", ""])


def _proof(item: Subject, folder: Path) -> str:
    core = item.core
    proofs = [*prove_encoder(core), *prove_steps(core), *prove_model(core)]
    proofs.append(prove_verilog(core, folder, verilog=item.forms[PROOF]))
    return "; ".join(str(proof) for proof in proofs if not proof.result.proved)


# -- the campaign ------------------------------------------------------------------------------


def run(numbers: Sequence[int], say: Callable[[str], None]) -> dict[str, Any]:
    """Run a campaign over the cases of some numbers and return its record."""
    start = time.monotonic()
    agreed: Counter[str] = Counter()
    families: Counter[str] = Counter()
    heads: Counter[str] = Counter()
    formats: Counter[str] = Counter()
    latencies: Counter[int] = Counter()
    disagreements: list[dict[str, Any]] = []
    n_luts = n_cells = n_samples = n_ones = n_missing = n_changed = 0
    for first in range(0, len(numbers), _BATCH):
        subjects = [subject(make_case(number)) for number in numbers[first : first + _BATCH]]
        with tempfile.TemporaryDirectory(prefix="lutgen-") as folder:
            for item, found in verdicts(subjects, Path(folder)):
                case, core = item.case, item.core
                families[case.family] += 1
                heads[case.head] += 1
                formats[case.format] += 1
                latencies[core.netlist.latency] += 1
                n_luts += case.network.n_luts
                n_cells += len(core.netlist.cells)
                n_samples += len(case.X)
                n_missing += int(np.isnan(case.X).any(axis=1).sum())
                n_changed += int(core.interface.changed(case.X)[1].sum())
                answers = core.interface.answers(item.bits).to_dense()
                n_ones += int((answers != answers[:1]).any())
                agreed.update(verdict.way for verdict in found if verdict.agrees)
                wrong = {v.way: v.difference for v in found if not v.agrees}
                if wrong:
                    disagreements.append({"case": case.number, **wrong})
                say(f"{case.number:4d} {core.family.name:8s} {case.head:20s} {case.format:14s} "
                    f"{len(core.netlist.cells):5d} cells  {wrong or 'all agree'}")  # fmt: skip
    return {
        "lutgen": __version__,
        "cases": [numbers[0], numbers[-1]],
        "networks": len(numbers),
        "ways": list(WAYS),
        "agreed": {way: agreed[way] for way in WAYS},
        "disagreements": disagreements,
        "families": dict(families),
        "heads": dict(heads),
        "formats": dict(formats),
        "latency_cycles": {str(cycles): n for cycles, n in sorted(latencies.items())},
        "model_luts": n_luts,
        "netlist_cells": n_cells,
        "samples": n_samples,
        "samples_with_missing_values": n_missing,
        "answers_changed_by_formats": n_changed,
        "networks_of_several_answers": n_ones,
        "minutes": round((time.monotonic() - start) / 60, 1),
    }


def main() -> None:
    """Run a campaign from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--networks", type=int, default=200)
    parser.add_argument("--out", type=Path, help="file that gets the record")
    given = parser.parse_args()
    record = run(
        range(given.first, given.first + given.networks), lambda line: print(line, flush=True)
    )
    if given.out:
        write_json(given.out, record)
    print(record)
    if record["disagreements"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
