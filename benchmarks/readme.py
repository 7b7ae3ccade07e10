"""The README's table and its picture, ``docs/results.svg``, made of the records.

``python benchmarks/readme.py`` writes both; tests hold the README against the records.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, StrMethodFormatter
from pages import renewed as with_tables
from published import PUBLISHED
from rows import RESULTS, Row, read_all

from lutgen.files import read_json

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "results.svg"
DATA = "mnist"
SHOWN = (31, 60, 150, 380)  # LUTs a class of the networks in the table
OTHERS = ("DWN sm", "DWN lg", "DWN 1x500", "TreeLUT (I)")
SYSTEM = "lutgen"


def main() -> None:
    """Write both files."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
    with rc_context({"svg.hashsalt": "readme", "svg.fonttype": "none"}):
        draw(read_all()).savefig(PICTURE, metadata={"Date": None, "Creator": None})


def renewed(readme: str) -> str:
    """Return the README with the table that the records give."""
    return with_tables(readme, "readme", [table()])


def table() -> str:
    """Return the table: what, figure, what is inside and who measured it."""
    lines = ["| what | figure | inside, and measured by |", "|---|---|---|"]
    lines += [_learnt(row) for row in networks(read_all()) if _name(row) in SHOWN]
    lines += [
        f"| the same by {item.system} | {item.accuracy:.3f} with {item.luts:,} LUT6 "
        f"| {item.includes}; {item.source} |"
        for item in PUBLISHED
        if item.data == DATA and item.system in OTHERS
    ]
    imported: dict[str, Any] = read_json(RESULTS / "imported.json")
    return "\n".join([*lines, *_imports(imported), _speed(read_json(RESULTS / "infer.json"))])


def networks(rows: Sequence[Row]) -> list[Row]:
    """Return lutgen's networks that none with as few LUTs beats on validation."""
    found = [
        row
        for row in rows
        if row.data == DATA and row.system == SYSTEM and row.values("luts.with_encoder_direct")
    ]
    best, chosen = 0.0, []
    for row in sorted(found, key=lambda row: (_luts(row), -row.mean("valid"))):
        if row.mean("valid") > best:
            best = row.mean("valid")
            chosen.append(row)
    return chosen


def _luts(row: Row) -> float:
    return row.mean("luts.with_encoder_direct")


def _name(row: Row) -> int:
    return int(row.parameters["luts_per_class"])


def _learnt(row: Row) -> str:
    parts = {name: round(row.mean(f"luts.{name}")) for name in ("core", "head", "encoder")}
    inside = " + ".join(f"{name} {count:,}" for name, count in parts.items() if count)
    bits = row.features.partition(":")[2].count(",") + 1
    pixels = "one bit a pixel" if bits == 1 else "8-bit pixels"
    runs = f"mean of {len(row.runs)} seeds" if len(row.runs) > 1 else "one seed"
    return (
        f"| MNIST, ten classes, {pixels} | test accuracy {row.mean('test'):.4f} with "
        f"{_luts(row):,.0f} LUT6; {runs} "
        f"| {inside}; `benchmarks/learnt.py` |"
    )


def _imports(record: dict[str, Any]) -> list[str]:
    rows = record["logicnets"]
    fewer = sum(_mapped(row) < _placed(row) for row in rows)
    apart = sum(row["layer by layer"] < _placed(row) for row in rows)
    least, most = min(rows, key=_placed), max(rows, key=_placed)
    proofs = record["proofs"]
    outputs = sum(proof["outputs proved"] for proof in proofs)
    kinds = f"{len(proofs)} imported networks, one of each kind"
    if not all(proof["proved"] for proof in proofs):
        raise ValueError("imported.json has a network that is not proved; say so in the table")
    return [
        f"| {len(rows)} LogicNets of others, {_placed(least):,} to {_placed(most):,} LUT6 as "
        f"Vivado placed them | {_mapped(least):,} to {_mapped(most):,} LUT6, {fewer} of "
        f"{len(rows)} with fewer; layer by layer {apart} | core; `benchmarks/imported.py` |",
        f"| {kinds} | proved equal to their hardware: all {outputs:,} outputs, nothing open "
        "| every pass, mapping, Verilog; `benchmarks/imported.py` |",
    ]


def _placed(row: dict[str, Any]) -> int:
    return int(row["vivado"])


def _mapped(row: dict[str, Any]) -> int:
    return int(row["ours"]["luts"]["all"])


def _speed(record: dict[str, Any]) -> str:
    rate = record["images_per_second"]["lutgen, compiled"] / 1e6
    ratio = record["ratio_to_numpy"]["lutgen, compiled"]
    return (
        f"| predictions of {record['luts']} LUTs from raw MNIST pixels, one thread "
        f"| {rate:.1f} million images a second, {ratio:.0f} times NumPy "
        f"| load {record['load_before']:.0f} on two processors; `benchmarks/infer.py` |"
    )


def draw(rows: Sequence[Row]) -> Figure:
    """Draw accuracy against LUTs: lutgen's whole cores, and others with what theirs leave out."""
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    axes = figure.subplots()
    chosen = networks(rows)
    axes.errorbar(
        [_luts(row) for row in chosen],
        [row.mean("test") for row in chosen],
        yerr=[row.spread("test") for row in chosen],
        fmt="o-", color="tab:blue", markersize=5, capsize=2,
        label="lutgen: encoder, core and head",
    )  # fmt: skip
    kinds = dict.fromkeys(item.includes for item in PUBLISHED if item.data == DATA)
    for (kind, marker), colour in zip(
        zip(kinds, "xs+", strict=False), ("tab:red", "tab:purple", "tab:orange"), strict=False
    ):
        shown = [item for item in PUBLISHED if item.data == DATA and item.includes == kind]
        axes.plot(
            [item.luts for item in shown], [item.accuracy for item in shown], marker,
            color=colour, label=f"others: {kind}",
        )  # fmt: skip
        for item in shown:
            axes.annotate(item.system, (item.luts, item.accuracy), fontsize=8,
                          xytext=(5, -10), textcoords="offset points")  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlim(right=12_000)
    axes.set_ylim(bottom=0.965)
    axes.set_xticks([500, 1000, 2000, 5000, 10_000])
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("LUT6")
    axes.set_ylabel("test accuracy, MNIST")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", fontsize=8)
    return figure


if __name__ == "__main__":
    main()
