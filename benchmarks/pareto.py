"""The table and the picture of accuracy against LUTs, from the rows that there are.

``python benchmarks/references.py; python benchmarks/learnt.py; python benchmarks/iwls.py`` run what
is missing; this writes ``docs/pareto.md`` and ``docs/pareto.svg``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import adp
from iwls import summarise
from learnt import CONFIGURATIONS, SYSTEM
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from published import NOT_RUN, PUBLISHED
from references import BOOSTING, FOREST, REGRESSION, XGBOOST
from rows import COLUMNS, IWLS, TASKS, Row, read_all

from lutgen.files import read_json

DOCS = Path(__file__).parents[1] / "docs"
COLOURS = {
    FOREST: "tab:green",
    REGRESSION: "tab:olive",
    BOOSTING: "tab:purple",
    XGBOOST: "tab:brown",
}
_HEADER = (
    "system", "input", "core", "head", "core + head", "encoder", "all", "Yosys's own", "test",
    "validation", "runs", "seconds",
)  # fmt: skip
_INTRODUCTION = """# Accuracy against LUTs

Written by `benchmarks/pareto.py` from `benchmarks/results`; test accuracy, mean ± standard
deviation over the seeds. LUTs are those of Yosys for Xilinx 7 (xc7), as lutgen maps them: the
trained network (core), counting votes and comparing them (head), and comparing features with
thresholds (encoder; "all" is the three together). Features come in as unsigned numbers of one width
where all are whole and of 16 bits at most, else each in the smallest format that loses nothing
([auto](formats.md)); the columns are empty where nobody counted. "Yosys's own" is
core and head of the first seed, with Yosys left to map them anew (empty: not within two minutes).
No pins, no registers. Each configuration is scored on a twelfth of the training rows, then learnt
on all; **bold** are those that no other configuration beats on validation with as few LUTs. Seconds
are of learning: for lutgen processor time, for the others wall time on a machine that was busy
with other work, so that they tell magnitudes. References have no LUTs; `columns` are the features
as they are.

![test accuracy against LUTs](pareto.svg)
"""
_ABOUT_FUNCTIONS = """Mean over the functions, learnt on `train`, scored on `valid`. The
configuration of a function is the best on a fifth of `train` set aside (first seed); `valid` chose
nothing. ANDs are of the whole network of the first seed after Yosys's ABC, at most 5,000. ex90 to
ex99 are pictures.
"""
_FORMS = {
    "encoded_combinational": "core and head, no registers",
    "encoded_clocked": "core and head, registers for 700 MHz",
    "features_clocked": "encoder, core and head, registers for 700 MHz",
}
_ABOUT_DELAY = """Of the first seed, for xcvu9p-2, mapped by lutgen (`benchmarks/adp.py`); ns from a
sample to its answer. lutgen's are estimated from public figures of the chip, which were up to 44 %
off where they were checked ([benchmarks/README.md](../benchmarks/README.md)), and keep below the
775 MHz that the chip's clock tree carries. The others' are as printed: Vivado, placed and routed
out of context, mostly at clocks above that, the study's on xc7a35t-1.
"""


def main() -> None:
    """Write both files."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    rows = read_all()
    sections = [_INTRODUCTION]
    for data in TASKS:
        of_data = [row for row in rows if row.data == data]
        if of_data:
            sections.append(_section(data, of_data))
    sections += [_area_times_delay(rows), _functions(rows), _not_here()]
    DOCS.mkdir(exist_ok=True)
    (DOCS / "pareto.md").write_text("\n".join(sections), encoding="utf-8")
    with rc_context({"svg.hashsalt": "pareto"}):  # the same rows make the same file
        _draw(rows).savefig(DOCS / "pareto.svg", metadata={"Date": None})


def front(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that none with at most as many LUTs beats on validation, by LUTs."""
    best, chosen = -1.0, []
    for row in sorted(rows, key=lambda row: (_luts(row), -row.mean("valid"))):
        if row.mean("valid") > best:
            best = row.mean("valid")
            chosen.append(row)
    return chosen


def _luts(row: Row) -> float:
    return row.mean("luts.yosys_direct")


def _section(data: str, rows: list[Row]) -> str:
    learnt = sorted((row for row in rows if row.system == SYSTEM), key=_luts)
    chosen = front(learnt)
    lines = [_learnt_line(row, row in chosen) for row in learnt]
    lines += [_reference_line(row) for row in rows if row.system != SYSTEM]
    lines += [
        f"| {item.system} ({item.source}) | {item.includes} | | | {item.luts:,} | | | "
        f"| {item.accuracy:.3f} | | | |"
        for item in PUBLISHED
        if item.data.split(" (")[0] == data and "(" not in item.data
    ]
    return f"## {data}\n\n{rows[0].runs[0]['split']}\n\n{_table(_HEADER, lines)}"


def _learnt_line(row: Row, is_chosen: bool) -> str:
    name = f"{SYSTEM} " + ", ".join(f"{k}={v}" for k, v in row.parameters.items())
    counts = [f"{row.mean(f'luts.{part}'):,.0f}" for part in ("core", "head", "yosys_direct")]
    whole = row.values("luts.with_encoder_direct")
    encoder = [f"{row.mean(f'luts.{part}'):,.0f}" for part in ("encoder", "with_encoder_direct")]
    anew = row.values("luts.yosys_optimised") and f"{row.mean('luts.yosys_optimised'):,.0f}"
    cells = [
        f"**{name}**" if is_chosen else name, row.features, *counts,
        *(encoder if whole else ("", "")), anew or "", _accuracy(row),
        f"{row.mean('valid'):.4f}", str(len(row.runs)),
        f"{row.mean('cpu_seconds'):.1f}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _reference_line(row: Row) -> str:
    return (
        f"| {row.system} | {row.features} | | | | | | | {_accuracy(row)} | | {len(row.runs)} "
        f"| {row.mean('seconds'):.1f} |"
    )


def _accuracy(row: Row) -> str:
    spread = f" ± {row.spread('test'):.4f}" if len(row.runs) > 1 else ""
    return f"{row.mean('test'):.4f}{spread}"


def _table(header: Sequence[str], lines: Sequence[str]) -> str:
    head = f"| {' | '.join(header)} |\n|{'---|' * len(header)}"
    return "\n".join([head, *lines, ""])


def _area_times_delay(rows: list[Row]) -> str:
    """Return the section on area times delay, of the first seed of rows that were measured."""
    header = ("data", "system", "test", "what the LUTs include", "LUTs", "cycles", "ns", "LUT x ns")
    found = read_json(adp.RECORD) if adp.RECORD.exists() else {}
    lines = []
    for row in rows:
        run = next((run for run in row.runs if run["seed"] == 0), {})
        for name, told in _FORMS.items():
            sizes = found.get(run.get("digest", ""), {})
            size = sizes.get(name)
            if size is None or (name == "features_clocked" and size == sizes["encoded_clocked"]):
                continue
            lines.append(
                f"| {row.data} | {SYSTEM}, {row.parameters['luts_per_class']} a class, "
                f"{row.features} | {run['test']:.4f} | {told} | {size['luts']:,} "
                f"| {size['cycles'] or ''} | {size['ns']:.1f} estimated, not routed "
                f"| {size['luts'] * size['ns']:,.0f} |"
            )
    lines += [
        f"| {item.data} | {item.system} | {item.accuracy:.3f} | {item.includes} | {item.luts:,} | "
        f"| {item.ns:g} | {item.luts * item.ns:,.0f} |"
        for item in PUBLISHED
        if item.ns
    ]
    return f"## Area times delay\n\n{_ABOUT_DELAY}\n{_table(header, lines)}"


def _functions(rows: list[Row]) -> str:
    """Return the section on the Boolean functions."""
    header = ("system", "functions", "accuracy on valid", "ANDs, mean", "ANDs, most", "runs")
    lines = []
    for first, last in (("ex00", "ex89"), ("ex90", "ex99"), ("ex00", "ex99")):
        found = summarise(rows, first, last)
        lines.append(
            f"| {SYSTEM}, {first} to {last} | {found['functions']} "
            f"| {found['accuracy']:.4f} ± {found['deviation']:.4f} | {found['ands']:,.0f} "
            f"| {found['most_ands']:,.0f} | {found['runs']} |"
        )
    lines += [
        f"| {row.system} | {len(row.runs[0]['functions'])} | {_accuracy(row)} | | "
        f"| {len(row.runs)} |"
        for row in rows
        if row.data == IWLS
    ]
    lines.append("| winner of the contest, on its test sample | 100 | 0.8869 | 2,518 | | |")
    return f"## {IWLS}\n\n{_ABOUT_FUNCTIONS}\n{_table(header, lines)}"


def _not_here() -> str:
    lines = [f"- {name} did not run: {reason}." for name, reason in NOT_RUN.items()]
    lines += [
        f"- {item.data}: {item.system} {item.accuracy:.3f} with {item.luts:,} LUTs "
        f"({item.includes}; {item.source})"
        for item in PUBLISHED
        if "(" in item.data
    ]
    return "## Not run here, or not comparable\n\n" + "\n".join(lines) + "\n"


def _draw(rows: list[Row]) -> Figure:
    """Draw a panel for each data set that has networks."""
    names = [name for name in CONFIGURATIONS if any(_is_learnt(row, name) for row in rows)]
    n_columns = 3
    n_lines = -(-len(names) // n_columns)
    figure = Figure(figsize=(4.4 * n_columns, 3.4 * n_lines), layout="constrained")
    axes = figure.subplots(n_lines, n_columns, squeeze=False).ravel()
    for place, name in zip(axes, names, strict=False):
        _panel(place, name, [row for row in rows if row.data == name])
    for place in axes[len(names) :]:
        place.set_axis_off()
    return figure


def _is_learnt(row: Row, name: str) -> bool:
    return row.data == name and row.system == SYSTEM


def _panel(axes: Axes, name: str, rows: list[Row]) -> None:
    learnt = [row for row in rows if row.system == SYSTEM]
    chosen = front(learnt)
    rest = [row for row in learnt if row not in chosen]
    axes.plot([_luts(row) for row in rest], [row.mean("test") for row in rest], ".", color="0.7")
    axes.errorbar(
        [_luts(row) for row in chosen], [row.mean("test") for row in chosen],
        yerr=[row.spread("test") for row in chosen], fmt="o-", color="tab:blue", markersize=4,
        capsize=2, label="lutgen, core + head",
    )  # fmt: skip
    for row in rows:
        if row.system != SYSTEM:
            style = ":" if row.features == COLUMNS else "--"
            axes.axhline(row.mean("test"), color=COLOURS[row.system], linestyle=style, linewidth=1,
                         label=f"{row.system}, {row.features}")  # fmt: skip
    for item in PUBLISHED:
        if item.data == name:
            marker = "x" if item.includes.startswith("core") else "+"
            axes.plot(item.luts, item.accuracy, marker, color="tab:red")
            axes.annotate(item.system.split(",")[0], (item.luts, item.accuracy), fontsize=6,
                          xytext=(3, -7), textcoords="offset points")  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_title(name, fontsize=10)
    axes.set_xlabel("LUT6 (Yosys, xc7)")
    axes.set_ylabel("test accuracy")
    axes.tick_params(labelsize=7)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=6)


if __name__ == "__main__":
    main()
