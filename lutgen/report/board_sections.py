"""The report of a build in words and tables, the same for text and HTML."""

from __future__ import annotations

from lutgen.report.board import COUNTED, BuildReport, Timing
from lutgen.report.floorplan import LayerCells
from lutgen.report.sections import Headline, Section, Table, grouped, share

_HISTORY_ROWS = 10
_WORDS = {"luts": "LUTs", "registers": "registers", "muxes": "hard muxes"}
_ABOUT_PARTS = (
    "Encoder: comparisons of the features; core: the trained LUTs; head: counts their votes and "
    "compares; shell: the serial port, the sample's register and all else."
)


def build_title(report: BuildReport) -> str:
    """Return what the report is about."""
    return ": ".join(filter(None, (report.board, report.data)))


def build_headlines(report: BuildReport) -> tuple[Headline, ...]:
    """Return the numbers to open with."""
    used, room = report.used["luts"], report.room["luts"]
    found = [
        Headline(
            "LUTs",
            grouped(used),
            f"{share(used, room)} of {grouped(room)}, {report.chip}",
            bad=used > room,
        )
    ]
    if report.timing:
        found.append(
            Headline(
                "Fmax",
                f"{report.timing.fmax_mhz:.2f} MHz",
                f"for a clock of {report.clock_mhz:g} MHz",
                bad=report.timing.fmax_mhz < report.clock_mhz,
            )
        )
    cycles = report.latency_cycles
    found.append(
        Headline(
            "Latency",
            f"{grouped(cycles)} cycle{'' if cycles == 1 else 's'}",
            f"{report.latency_ns:g} ns",
        )
    )
    rate = report.samples_per_second
    if {"core", "serial"} <= rate.keys():
        found.append(
            Headline(
                "Samples a second",
                grouped(rate["core"]),
                f"{grouped(rate['serial'])} over the serial port",
            )
        )
    if report.checks:
        n_passed = sum(check.passed for check in report.checks)
        n_samples = min(check.n_samples for check in report.checks)
        found.append(
            Headline(
                "Simulation",
                f"{n_passed} / {len(report.checks)} equal",
                f"{grouped(n_samples)} samples each, pins to pins",
                bad=n_passed < len(report.checks),
            )
        )
    if report.test_accuracy is not None:
        found.append(Headline("Test accuracy", f"{report.test_accuracy:.4f}", _network(report)))
    return tuple(found)


def build_sections(report: BuildReport) -> tuple[Section, ...]:
    """Return the whole report, part by part."""
    found = [_resources(report)]
    if report.timing:
        found += [_placement(report), _timing_section(report, report.timing)]
    else:
        found.append(
            Section(
                "timing",
                "Timing",
                lines=("Place and route, and timing, are the vendor's tool's to tell.",),
            )
        )
    if report.checks:
        found.append(_verification(report))
    if report.layers or report.history:
        found.append(_accuracy(report))
    found.append(_origin(report))
    return tuple(found)


def _resources(report: BuildReport) -> Section:
    every = (*COUNTED, "muxes")
    totals = {what: sum(part[what] for part in report.parts.values()) for what in every}
    shown = [what for what in every if what in COUNTED or totals[what]]
    rows = [
        (name, *(grouped(part[what]) for what in shown), share(part["luts"], totals["luts"]))
        for name, part in report.parts.items()
    ]
    rows.append(("all", *(grouped(totals[what]) for what in shown), ""))
    shares = (share(totals[w], report.room[w]) if w in COUNTED else "" for w in shown)
    rows.append(("of the chip", *shares, ""))
    parts = Table(
        "LUTs and registers",
        ("part", *(f">{_WORDS[what]}" for what in shown), ">share of the LUTs"),
        tuple(rows),
        _ABOUT_PARTS,
    )
    places = Table(
        "Places that place and route filled",
        ("kind", ">used", ">of", ">share"),
        tuple(
            (name, grouped(used), grouped(room), share(used, room))
            for name, (used, room) in report.places.items()
        ),
        "A LUT and the register behind it share a place where the chip allows it.",
    )
    return Section(
        "resources",
        "Resources",
        tables=tuple(table for table in (parts, places) if table.rows),
    )


def _placement(report: BuildReport) -> Section:
    assert report.floorplan is not None
    n_cells = sum(len(layer.cells) for layer in report.floorplan.layers)
    rows = tuple(
        (layer.name, grouped(len(layer.cells)), *_extent(layer), share(len(layer.cells), n_cells))
        for layer in report.floorplan.layers
        if layer.cells
    )
    table = Table(
        "Cells by layer",
        ("layer", ">cells", ">columns", ">rows", ">share"),
        rows,
        "Columns and rows: the tiles that its cells span.",
    )
    return Section("placement", "Placement", tables=(table,))


def _extent(layer: LayerCells) -> tuple[str, str]:
    columns = [x for x, _ in layer.cells]
    rows = [y for _, y in layer.cells]
    return f"{min(columns)} to {max(columns)}", f"{min(rows)} to {max(rows)}"


def _timing_section(report: BuildReport, timing: Timing) -> Section:
    missed = timing.fmax_mhz < report.clock_mhz
    facts = (
        ("clock", f"{report.clock_mhz:g} MHz, {'MISSED' if missed else 'met'}"),
        ("Fmax", f"{timing.fmax_mhz:.2f} MHz best, {timing.median_mhz:.2f} MHz median"),
        ("latency", f"{grouped(report.latency_cycles)} cycles = {report.latency_ns:g} ns at "
                    f"{report.clock_mhz:g} MHz"),
        ("LUT levels", f"{grouped(report.levels)} between registers in the core"),
    )  # fmt: skip
    seeds = Table(
        "Seeds",
        (">seed", ">Fmax in MHz", ">seconds", ""),
        tuple(
            (
                str(seed.number),
                f"{seed.fmax_mhz:.2f}",
                f"{seed.seconds:.1f}",
                "kept" if seed.number == timing.best_seed else "",
            )
            for seed in timing.seeds
        ),
        bad=tuple(i for i, seed in enumerate(timing.seeds) if seed.fmax_mhz < report.clock_mhz),
    )
    total = sum(station.logic_ns + station.routing_ns for station in timing.stations)
    path = Table(
        "Critical path",
        ("", ">cells", ">logic in ns", ">routing in ns", ">share"),
        tuple(
            (
                station.name,
                grouped(station.n_cells),
                f"{station.logic_ns:.2f}",
                f"{station.routing_ns:.2f}",
                f"{100 * (station.logic_ns + station.routing_ns) / total:.1f} %" if total else "",
            )
            for station in timing.stations
        ),
        f"In order, {total:.2f} ns in all; routing: the wires that lead there.",
    )
    return Section("timing", "Timing", facts, (path, seeds), (timing.advice,) if missed else ())


def _verification(report: BuildReport) -> Section:
    rows = tuple(
        (
            check.name,
            f"{grouped(check.n_equal)} / {grouped(check.n_samples)} {check.unit} equal",
            check.tool,
        )
        for check in report.checks
    )
    table = Table(
        "Answers over the serial pins, in simulation, against the model's",
        ("form", "", "by"),
        rows,
        "Each board also said the model's digest and passed its self-test.",
        bad=tuple(i for i, check in enumerate(report.checks) if not check.passed),
    )
    lines = tuple(
        f"{check.name}: {check.difference}" for check in report.checks if check.difference
    )
    return Section("verification", "Verification", tables=(table,), lines=lines)


def _accuracy(report: BuildReport) -> Section:
    facts = () if report.test_accuracy is None else (("test", f"{report.test_accuracy:.4f}"),)
    if report.layers:
        table = Table(
            "LUT accuracy by layer",
            (">layer", ">LUTs", ">mean", ">std", ">min", ">max"),
            tuple(
                (
                    str(row.layer),
                    grouped(row.n_luts),
                    *(f"{value:.4f}" for value in (row.mean, row.std, row.min, row.max)),
                )
                for row in report.layers
            ),
            "Each LUT's output taken as the prediction, on the training samples.",
        )
        return Section("accuracy", "Accuracy", facts, (table,))
    rounds = list({row.n_luts: row for row in report.history}.values())  # refits add no LUT
    every = max(1, -(-len(rounds) // _HISTORY_ROWS))
    kept = [row for i, row in enumerate(rounds, 1) if i % every == 0 or i == len(rounds)]
    watched = any(row.validation is not None for row in kept)
    table = Table(
        "Accuracy as LUTs were learnt",
        (">LUTs", ">train", *((">validation",) if watched else ())),
        tuple(
            (grouped(row.n_luts), f"{row.train:.4f}", *((_or_none(row.validation),) * watched))
            for row in kept
        ),
    )
    return Section("accuracy", "Accuracy", facts, (table,))


def _or_none(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _origin(report: BuildReport) -> Section:
    facts = [
        ("written", _left(report)),
        ("board", f"{report.board}, {report.chip}"),
        ("tried on hardware", report.tried),
        ("network", _network(report)),
        ("input", report.input),
        ("serial port", f"{grouped(round(report.baud))} baud, 8N1"),
        *report.tools.items(),
        ("model", report.digest),
        ("sha256", report.sha256),
    ]
    return Section("build", "Build", tuple(fact for fact in facts if fact[1]))


def _left(report: BuildReport) -> str:
    if report.left_bytes is None:
        return f"{report.left}, a project for the vendor's tool"
    return f"{report.left}, {grouped(report.left_bytes)} bytes"


def _network(report: BuildReport) -> str:
    layers = f"{grouped(report.n_layers)} layer{'' if report.n_layers == 1 else 's'}"
    return f"{grouped(report.n_luts)} LUTs in {layers}, {report.n_classes} classes"
