"""What flipped bits do, in words and tables: a section of the report, and of the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from lutgen.records.faults import CONFIGURATION, REGISTERS, FaultsRecord, PartFlips
from lutgen.report.table import Section, Table, grouped, share

_NAMES = {CONFIGURATION: "tables", REGISTERS: "registers"}
_SMALL = 0.0001


def faults_section(record: FaultsRecord) -> Section:
    """Return what flips of single bits, and of several at once, do to the answers."""
    return Section(
        "faults",
        "Faults",
        tables=(parts_table(record), curve_table(record)),
        lines=tuple(faults_lines(record)),
    )


def parts_table(record: FaultsRecord) -> Table:
    """Return what flips of single bits do, layer by layer."""
    parts = list(record.parts)
    rows = [_row(part) for part in parts]
    where = f" ({record.samples}, {grouped(record.n_samples)} samples)" if record.samples else ""
    return Table(
        f"One bit flipped{where}",
        (
            "part", "bits", ">tried", ">samples show it", ">random inputs", ">solver",
            ">proved never", ">not seen", f">mean {record.metric} lost", ">most lost", "by",
        ),
        tuple(rows),
        "Each flip is counted once: shown by samples, else by random inputs, else by an input that "
        "the solver found; or proved to show on no input at all; or not seen. Of registers: a flip "
        "in the cycle in which the sample is there.",
    )  # fmt: skip


def _row(part: PartFlips) -> tuple[str, ...]:
    counts = (part.samples, part.random, part.solver, part.proved, part.not_seen)
    tried = grouped(part.n_tried)
    if part.n_tried < part.n_bits:
        tried += f" / {grouped(part.n_bits)}"
    return (
        f"{part.part} {part.layer or ''}".strip(),
        _NAMES[part.kind],
        tried,
        *(share(count, part.n_tried) for count in counts),
        loss(part.mean_lost),
        loss(part.most_lost),
        part.worst if part.most_lost > 0 else "",
    )


def loss(value: float) -> str:
    """Return a share lost; one that is too small for four digits by its power of ten."""
    return f"{value:.4f}" if not 0 < abs(value) < _SMALL else f"{value:.0e}"


def curve_table(record: FaultsRecord) -> Table:
    """Return what several flips at once do."""
    rows = tuple(
        (
            _NAMES[point.kind],
            grouped(point.n_flips),
            grouped(point.n_draws),
            f"{point.mean:.4f}",
            f"± {point.half_width:.4f}",
            f"{point.least:.4f}",
            f"{point.most:.4f}",
        )
        for point in record.points
    )
    return Table(
        "Several bits flipped at once",
        ("bits", ">flips", ">draws", f">mean {record.metric}", ">95 %", ">least", ">most"),
        rows,
        f"Bits drawn with seed {record.seed}; without a flip: {record.right:.4f}.",
    )


def faults_lines(record: FaultsRecord) -> Iterator[str]:
    """Yield sentences on the whole."""
    n_tried, n_bits = record.sum("n_tried"), record.sum("n_bits")
    if n_bits:
        how = "all of them flipped"
        if n_tried < n_bits:
            luts = record.sum("n_cells_tried"), record.sum("n_cells")
            how = (
                f"drawn: {grouped(n_tried)} of {grouped(n_bits)}, those of {grouped(luts[0])} of "
                f"{grouped(luts[1])} LUTs, seed {record.seed}"
            )
        width = f" ± {100 * record.never_half_width:.1f} %" if record.never_half_width else ""
        yield (
            f"{grouped(n_bits)} bits of truth tables, {how}: {100 * record.never:.1f} %{width} "
            f"never show in the samples; {share(record.sum('proved'), n_tried)} are proved to show "
            f"on no input, {share(record.sum('not_seen'), n_tried)} were not seen on any"
        )
    n_registers = record.sum("n_tried", REGISTERS)
    if n_registers:
        shown = n_registers - record.sum("proved", REGISTERS) - record.sum("not_seen", REGISTERS)
        yield (
            f"{grouped(n_registers)} registers: flips of {grouped(shown)} can show, "
            f"{grouped(record.sum('proved', REGISTERS))} are proved never to"
        )
    yield (
        f"random inputs: {grouped(record.n_random)}; solver: {grouped(record.n_asked)} questions, "
        f"{grouped(record.n_undecided)} left open after {grouped(record.max_conflicts)} conflicts"
    )
