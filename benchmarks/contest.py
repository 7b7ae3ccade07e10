"""The page of the contest, docs/contest.md, made of the records alone."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lutgen.files import read_json

PAGE = Path(__file__).parents[1] / "docs" / "contest.md"
TREES = Path(__file__).parent / "results" / "trees.json"
Row = Mapping[str, Any]
Rows = Sequence[Row]


def page(record: Row) -> str:
    """Return the page."""
    sections = {
        "logicnets": _logicnets, "gates": _gates, "dwn": _dwn, "logic": _logic, "trees": _trees,
        "learnt": _learnt, "fixtures": _fixtures, "proofs": _proofs, "bitstreams": _bitstreams,
    }  # fmt: skip
    whole: dict[str, Any] = {**record, "trees": read_json(TREES)}
    shown = [_opening(), *(make(whole[name]) for name, make in sections.items() if name in whole)]
    return "\n\n".join("\n".join(lines) for lines in shown) + "\n"


def prose(text: str) -> list[str]:
    """Return the lines of a paragraph."""
    return textwrap.wrap(text, 120, break_long_words=False, break_on_hyphens=False)


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield a table of Markdown; None is "-", whole numbers have commas."""
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(_cell(value) for value in row)} |"


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:.4g}"
        case _:
            return str(value)


def _parts(luts: Row) -> str:
    """Return all LUTs and those of each part: ``302 (127 core, 175 head)``."""
    named = [(part, luts[part]) for part in ("encoder", "core", "head") if part in luts]
    if len(named) < 2:
        return _cell(luts["all"])
    return f"{_cell(luts['all'])} ({', '.join(f'{_cell(n)} {part}' for part, n in named)})"


def _of(pair: Sequence[int]) -> str:
    return f"{pair[0]:,} of {pair[1]:,}"


def _opening() -> Iterator[str]:
    yield "# The same function, theirs and ours"
    yield ""
    yield from prose(
        "Networks that other programs trained, imported and mapped by lutgen, beside what their "
        "own tools make of them. Nothing is trained again: each row is one function, and what "
        "is proved is proved for every input. LUTs are LUT6 of Xilinx 7 unless the title says "
        "otherwise, counted as Vivado counts them: two small LUTs that share a LUT6 are one, "
        "MUXF7 and carries are none. Numbers in parentheses say what is inside: the encoder "
        "that compares features, the core, the head that counts and compares votes. The page is "
        "made by `benchmarks/imported.py` of `benchmarks/results/imported.json`."
    )


def _logicnets(rows: Rows) -> Iterator[str]:
    yield "## LogicNets: Vivado's placement beside lutgen's mapping"
    yield ""
    yield from prose(
        "The seven networks of "
        "[malifarooq/IIoT-LogicNets](https://github.com/malifarooq/IIoT-LogicNets) "
        "(Edge-IIoTset, 512 input bits; core alone, as there is neither encoder nor head on "
        "either side). Vivado 2021.2 placed them on an xcu280, with registers between the "
        "layers. lutgen's first column has none, so it may look across layers; in the second "
        "each layer is mapped on its own and the LUTs are added up, as Vivado's registers have "
        "it: that one is the fair comparison of mappings, the first is what a user gets."
    )
    yield ""
    yield from table(
        ("network", "accuracy", "Vivado", "lutgen", "share", "layer by layer", "levels",
         "proved", "weights = tables", "Vivado's netlist = tables", "CPU s"),
        (
            (row["network"], _percent(row["accuracy"]), row["vivado"], row["ours"]["luts"]["all"],
             f"{row['ours']['luts']['all'] / row['vivado']:.0%}", row["layer by layer"],
             row["ours"]["levels"], row["ours"]["proved"], row["weights equal tables"],
             row["vivado's netlist equal"], row["ours"]["cpu_s"])
            for row in rows
        ),
    )  # fmt: skip
    yield ""
    if retimed := [row["network"] for row in rows if row["retimed"]]:
        yield f"Vivado moved registers through LUTs (retiming) in {_list(retimed)}."
    if behind := [row["network"] for row in rows if row["layer by layer"] > row["vivado"]]:
        yield f"Layer by layer, Vivado takes fewer LUTs for {_list(behind)}."
    yield ""
    n_free = sum(row["free entries"] for row in rows)
    yield from prose(
        "*Proved*: lutgen's netlists are the tables of the generated Verilog. *Weights = tables*: "
        "the network of tables computed from the checkpoint has the same outputs for every input, "
        "by proof. *Vivado's netlist = tables*: so has the netlist that Vivado wrote after "
        "synthesis, registers taken for wires (`-`: not at hand, or larger than the benchmark "
        "reads)."
    )
    yield ""
    yield f"Table entries that the Verilog leaves free: {n_free:,}."
    if not n_free:
        yield "No quantiser is narrow here: the policy `unseen` of `lutgen optimise` gains nothing."


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.2%}"


def _gates(rows: Rows) -> Iterator[str]:
    yield "## Gates: difflogic and torchlogix"
    yield ""
    yield from prose(
        "Whole cores, votes and argmax included, without an encoder. Theirs is the text "
        "(difflogic's gates a line each, torchlogix's own Verilog; an argmax of comparisons is "
        "put behind both, as neither has one) through Yosys's `synth_xilinx`, which does not "
        "put two LUTs into one. The last two columns are the gates alone as LUTs of six inputs, "
        "none shared: lutgen's cover, and ABC's"
    )
    yield "(`abc -lut 6`)."
    yield ""
    yield from table(
        ("network", "gates", "scores equal", "Yosys", "lutgen", "proved", "gates alone: lutgen",
         "gates alone: ABC"),
        (
            (row["network"], row["gates"], _of(row["rows equal"]), row["yosys"],
             _parts(row["ours"]["luts"]), row["ours"]["proved"], row["core alone"]["cover"],
             row["core alone"]["abc"])
            for row in rows
        ),
    )  # fmt: skip
    yield ""
    if behind := [row["network"] for row in rows
                  if row["core alone"]["abc"] < row["core alone"]["cover"]]:  # fmt: skip
        yield f"ABC takes fewer LUTs for the gates alone of {_list(behind)}."


def _list(names: Sequence[str]) -> str:
    return "; ".join(names) if names else "none"


def _dwn(rows: Rows) -> Iterator[str]:
    yield "## DWN: jets, with the encoder"
    yield ""
    yield from prose(
        "The checkpoint of "
        "[Kanishk234/dwn-fpga-study](https://github.com/Kanishk234/dwn-fpga-study), 300 and 100 "
        "LUTs of four inputs. `auto` is the smallest number format for each feature that "
        "changes no bit of the 1,000 jets; q4.8 has 8 bits behind the point for all. There is "
        "no published figure for this checkpoint; for orientation, DWN sm-50 on the same data "
        "set is published with 311 LUTs, encoder inside, at 74.0 %: another and smaller "
        "network."
    )
    yield ""
    yield from table(
        ("inside", "format", "accuracy", "answers equal", "lutgen", "levels", "proved"),
        (
            (row["inside"], row["format"] or None, _percent(row["accuracy"]),
             _of(row["rows equal"]), _parts(row["ours"]["luts"]),
             row["ours"]["levels"], row["ours"]["proved"])
            for row in rows
        ),
    )  # fmt: skip


def _logic(rows: Rows) -> Iterator[str]:
    yield "## Logic: functions of EPFL"
    yield ""
    yield from prose(
        "Read from AIGER, mapped, and proved against what was read; the best known networks of "
        "LUT6 ([lsils/benchmarks](https://github.com/lsils/benchmarks)) are read and proved "
        "against the original, too. LUT6 are counted one by one, as EPFL's contest counts; the "
        "column Xilinx 7 shares LUT6 and uses carries and multiplexers."
    )
    yield ""
    yield from table(
        ("function", "gates", "lutgen, LUT6", "levels", "ABC, LUT6", "best known, LUT6",
         "best = original", "proved", "Xilinx 7", "best on Xilinx 7"),
        (
            (row["function"], row["gates"], row["lut6"], row["levels"], row["abc"],
             row.get("best", {}).get("lut6"), row.get("best", {}).get("equal"), row["proved"],
             row["xilinx7"]["luts"]["all"], row.get("best", {}).get("xilinx7"))
            for row in rows
        ),
    )  # fmt: skip
    yield ""
    behind = [row["function"] for row in rows if row["abc"] < row["lut6"]]
    yield f"ABC takes fewer LUTs than lutgen for: {_list(behind)}."
    yield ""
    yield "The best known networks come of long searches, which lutgen does not do."


def _trees(rows: Rows) -> Iterator[str]:
    yield "## Trees"
    yield ""
    yield from prose(
        "scikit-learn's digits, leaves of 8 bits; a vote a leaf is how a tree is built when "
        "each leaf counts for itself, mapped by the commit be4ea4e, before trees were imported, "
        "and by lutgen as it is. The share is of the former. Bits in (comparators are bits of x). "
        "The figures are of `benchmarks/trees.py`; conifer's and TreeLUT's HDL are not rebuilt "
        "here: TreeLUT publishes 796 LUTs at 75.0 % for jets and 4,478 at 97 % for MNIST, with "
        "quantised inputs, other models on other data."
    )
    yield ""
    yield from table(
        ("model", "accuracy", "of the original", "lutgen", "a vote a leaf, be4ea4e",
         "as it is now", "share", "proved"),
        (
            (row["model"], _percent(row["accuracy"]), _percent(row["accuracy_of_original"]),
             f"{ours['luts']:,} ({ours['in_head']:,} head)", votes["luts_of_be4ea4e"],
             votes["luts"], f"{ours['luts'] / votes['luts_of_be4ea4e']:.0%}", ours.get("proved"))
            for row in rows
            for ours, votes in [
                (row["chips"]["xilinx7"]["ours"], row["chips"]["xilinx7"]["leaf_votes"])
            ]
        ),
    )  # fmt: skip


def _learnt(rows: Rows) -> Iterator[str]:
    yield "## The same data, learnt by counting"
    yield ""
    yield from prose(
        "Digits, 64 pixels as three bits each, no encoder on either side; accuracy on the "
        "samples whose answers the fixtures hold, with which lutgen's learner does not train "
        "(the first 200, and every fourth). Ours is the first of 4, 6, 8 … 60 LUTs a class "
        "whose boosting network answers as many of them right as the imported one; these "
        "samples therefore choose the size, and its accuracy is no estimate for others. "
        "Widths and training of the imported networks are those of small examples, not the "
        "best that their learners can do."
    )
    yield ""
    yield from table(
        ("network", "accuracy", "imported", "proved", "lutgen's learner", "accuracy",
         "LUTs a class"),
        (
            (row["network"], _percent(row["accuracy"]), _parts(row["ours"]["luts"]),
             row["ours"]["proved"],
             *((_parts(row["learner"]["ours"]["luts"]), _percent(row["learner"]["accuracy"]),
                row["learner"]["luts_per_class"]) if row["learner"]
               else ("does not get there", None, None)))
            for row in rows
        ),
    )  # fmt: skip


def _fixtures(rows: Rows) -> Iterator[str]:
    yield "## Formats by fixtures"
    yield ""
    yield from prose(
        "Rows on which the imported network gives what the program that made the file recorded: "
        "every score of a row, or every bit of its answer. Of trees the margins are those of the "
        "imported ensemble in the library's own arithmetic; the last column is how many answers "
        "leaves of 12 bits change."
    )
    yield ""
    yield from table(
        ("file", "compared", "rows equal", "answers changed"),
        (
            (row["file"], row["what"], _of(row["rows equal"]), row.get("answers changed"))
            for row in rows
        ),
    )


def _proofs(rows: Rows) -> Iterator[str]:
    yield "## One of each kind, proved"
    yield ""
    yield from prose(
        "`lutgen prove` for Xilinx 7: the encoder is its formula, each step equals the one "
        "before, the head is the votes, and the Verilog as Yosys reads it is the model. Outputs "
        "are those of all these proofs together. Seconds of processor time; peak memory of the "
        "whole process, compiled loops and Python's libraries included."
    )
    yield ""
    yield from table(
        ("kind", "format", "LUTs of the model", "LUT6", "import s", "map s", "prove s", "peak MB",
         "outputs proved"),
        (
            (row["kind"], None, None, None, None, None, None, None, "failed")
            if "failed" in row
            else (row["kind"], row["format"] or None, row["luts of the model"], row["luts"],
                  row["import_s"], row["make_s"], row["prove_s"], row["peak_mb"],
                  _of((row["outputs proved"], row["outputs"])))
            for row in rows
        ),
    )  # fmt: skip


def _bitstreams(rows: Rows) -> Iterator[str]:
    yield "## Two bitstreams, pins to pins"
    yield ""
    yield from prose(
        "Built with Yosys and nextpnr for the iCE40-HX8K-B-EVN with `lutgen build --simulate "
        "200`: samples go in through the simulated serial line, answers come back through it, "
        "of the design and of what place and route made of it."
    )
    yield ""
    yield from table(
        ("network", "LUT4 of the core", "Fmax MHz", "bitstream", "form", "answers equal"),
        (
            (row["network"], row["luts"], f"{max(row['fmax_mhz']):.1f}",
             f"{row['bitstream']['bytes']:,} bytes, sha256 {row['bitstream']['sha256'][:12]}…",
             pins["form"], _of((pins["equal"], pins["samples"])))
            for row in rows
            for pins in row["pins"]
        ),
    )  # fmt: skip
