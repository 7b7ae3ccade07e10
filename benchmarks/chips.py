"""LUTs of every chip family beside those of Yosys's own synthesis of the same networks, proved.

Handwritten digits (scikit-learn's), five and more against less than five, are memorized by three
layers of 64 LUTs. The netlist that lutgen maps is proved equal to the model, as Verilog of the
family's primitives (`direct`); Yosys's ``synth_*`` gets the k-LUTs and may change all (`synth`),
and what it leaves is proved, too, where its cells are known.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from pages import renewed as with_tables
from pages import table

from lutgen.chips.registry import families, get_family
from lutgen.core import Core, CoreConfig, make_core
from lutgen.errors import NetlistError
from lutgen.flow.yosys import DIRECT, OPTIMISED
from lutgen.jobs.learn import memorize
from lutgen.jobs.samples import load_source
from lutgen.jobs.synthesise import SYNTHESIS, synthesise
from lutgen.learn.memorize import Parameters
from lutgen.model import LutNetwork, Source
from lutgen.records.synthesis import SynthesisRecord
from lutgen.verify.prove import prove_steps, prove_synthesised, prove_verilog

ROOT = Path(__file__).parents[1]
RECORD, PAGE = ROOT / "benchmarks" / "results" / "chips.json", ROOT / "docs" / "chips.md"
SIZES = (4, 6, 8)


def learn(k: int) -> LutNetwork:
    """Learn the digits with LUTs of k inputs."""
    source = Source("digits", task="ge5")
    return memorize(load_source(source), source, Parameters(k=k, widths=(64, 64, 64), seed=0))


def proved(core: Core, record: SynthesisRecord, out: Path) -> str:
    """Return whether what synthesis left is proved equal to the model, or why it is not known."""
    try:
        proof = prove_synthesised(core, record, out / SYNTHESIS)
    except NetlistError as error:
        return f"not read back: {error}"
    return "proved" if proof.result.proved else "open"


def measure(family: str, k: int) -> dict[str, Any]:
    """Return the counts of a network on a family."""
    core = make_core(learn(k), CoreConfig(chip=family))
    result: dict[str, Any] = {"k_luts": core.logic.count("lut")}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        proofs = [*prove_steps(core), prove_verilog(core, out / "verilog")]
        result["model_equals_verilog"] = all(proof.result.proved for proof in proofs)
        modes = [DIRECT]
        facts = get_family(family).yosys
        modes += [OPTIMISED] if facts and facts.synth else []
        for mode in modes:
            record = synthesise(core, mode, folder=out)
            result[mode] = {
                "luts": record.n_luts,
                "muxes": record.n_muxes,
                "levels": record.levels,
                "proof": proved(core, record, out),
                "command": facts.synth if facts and mode == OPTIMISED else "",
            }
    return result


def main() -> None:
    """Measure each family, write the record, and its table into the page."""
    names = [name for name, family in families().items() if family.yosys]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", nargs="*", default=names, help="only these, or none")
    options = parser.parse_args()
    records = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    for name in options.families:
        records[name] = {str(k): measure(name, k) for k in SIZES}
        RECORD.write_text(json.dumps(records, indent=1, sort_keys=True) + "\n")
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(renewed(page, records), encoding="utf-8")


def renewed(page: str, records: dict[str, Any]) -> str:
    """Return the page with the table of the record."""
    columns = [name for k in SIZES for name in (f"k = {k}: lutgen", "`synth_*`")]
    rows = [
        [name, *[cell(found[str(k)], mode) for k in SIZES for mode in (DIRECT, OPTIMISED)]]
        for name, found in sorted(records.items())
    ]
    return with_tables(page, "chips", [table(["family", *columns], rows)])


def cell(record: dict[str, Any], mode: str) -> str:
    """Return the counts of a mode in words."""
    found = record.get(mode)
    if not found:
        return ""
    muxes = f" + {found['muxes']:,}" if found["muxes"] else ""
    sure = "" if found["proof"] == "proved" else " *"
    return f"{found['luts']:,}{muxes} ({found['levels']}){sure}"


if __name__ == "__main__":
    main()
