"""The report of a build in words and tables, the same for text and HTML."""

from __future__ import annotations

from lutgen.records.build import BuildRecord, PlacedLayer, PlacementRecord
from lutgen.report.board import BuildReport
from lutgen.report.table import Headline, Section, Table, grouped, share

COUNTED = ("luts", "registers")

_HISTORY_ROWS = 10
_WORDS = {"luts": "LUTs", "registers": "registers", "muxes": "hard muxes"}
_ABOUT_PARTS = (
    "Encoder: comparisons of the features; core: the trained LUTs; head: counts their votes and "
    "compares; shell: the serial port, the sample's register and all else."
)


def build_title(report: BuildReport) -> str:
    """Return what the report is about."""
    model = report.build.model
    data = ", ".join(filter(None, (model.data, model.task)))
    return ": ".join(filter(None, (report.build.board.title, data)))


def left(build: BuildRecord) -> str:
    """Return the file that a build left: for the board, or the vendor's project."""
    return build.bitstream.file if build.bitstream else build.project


def build_headlines(report: BuildReport) -> tuple[Headline, ...]:
    """Return the numbers to open with."""
    build = report.build
    used, room = build.resources.luts, build.device.luts
    found = [
        Headline(
            "LUTs",
            grouped(used),
            f"{share(used, room)} of {grouped(room)}, {build.device.title}",
            bad=used > room,
        )
    ]
    if build.fmax_mhz:
        found.append(
            Headline(
                "Fmax",
                f"{build.fmax_mhz.max:.2f} MHz",
                f"for a clock of {build.clock_mhz:g} MHz",
                bad=_missed(build),
            )
        )
    cycles = build.latency_cycles
    found.append(
        Headline(
            "Latency",
            f"{grouped(cycles)} cycle{'' if cycles == 1 else 's'}",
            f"{build.latency_ns:g} ns",
        )
    )
    rate = build.samples_per_second
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
    if build.model.test_accuracy is not None:
        accuracy = f"{build.model.test_accuracy:.4f}"
        found.append(Headline("Test accuracy", accuracy, _network(build)))
    return tuple(found)


def build_sections(report: BuildReport) -> tuple[Section, ...]:
    """Return the whole report, part by part."""
    build = report.build
    found = [_resources(build)]
    if report.placement:
        found += [_placement(report.placement), _timing(build)]
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
    if build.model.layers or build.model.history:
        found.append(_accuracy(build))
    found.append(_origin(build))
    return tuple(found)


def _missed(build: BuildRecord) -> bool:
    return build.fmax_mhz is not None and build.fmax_mhz.max < build.clock_mhz


def _resources(build: BuildRecord) -> Section:
    counts = {name: vars(part) for name, part in build.parts.items()}
    every = (*COUNTED, "muxes")
    totals = {what: sum(part[what] for part in counts.values()) for what in every}
    room = vars(build.device)
    shown = [what for what in every if what in COUNTED or totals[what]]
    rows = [
        (name, *(grouped(part[what]) for what in shown), share(part["luts"], totals["luts"]))
        for name, part in counts.items()
    ]
    rows.append(("all", *(grouped(totals[what]) for what in shown), ""))
    shares = (share(totals[what], room[what]) if what in COUNTED else "" for what in shown)
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
            (name, grouped(place.used), grouped(place.room), share(place.used, place.room))
            for name, place in build.places.items()
        ),
        "A LUT and the register behind it share a place where the chip allows it.",
    )
    return Section(
        "resources",
        "Resources",
        tables=tuple(table for table in (parts, places) if table.rows),
    )


def _placement(placement: PlacementRecord) -> Section:
    n_cells = sum(len(layer.cells) for layer in placement.layers)
    rows = tuple(
        (layer.name, grouped(len(layer.cells)), *_extent(layer), share(len(layer.cells), n_cells))
        for layer in placement.layers
        if layer.cells
    )
    table = Table(
        "Cells by layer",
        ("layer", ">cells", ">columns", ">rows", ">share"),
        rows,
        "Columns and rows: the tiles that its cells span.",
    )
    return Section("placement", "Placement", tables=(table,))


def _extent(layer: PlacedLayer) -> tuple[str, str]:
    columns = [x for x, _ in layer.cells]
    rows = [y for _, y in layer.cells]
    return f"{min(columns)} to {max(columns)}", f"{min(rows)} to {max(rows)}"


def _timing(build: BuildRecord) -> Section:
    assert build.fmax_mhz is not None and build.critical_path is not None
    missed = _missed(build)
    facts = (
        ("clock", f"{build.clock_mhz:g} MHz, {'MISSED' if missed else 'met'}"),
        ("Fmax", f"{build.fmax_mhz.max:.2f} MHz best, {build.fmax_mhz.median:.2f} MHz median"),
        ("latency", f"{grouped(build.latency_cycles)} cycles = {build.latency_ns:g} ns at "
                    f"{build.clock_mhz:g} MHz"),
        ("LUT levels", f"{grouped(build.model.levels)} between registers in the core"),
    )  # fmt: skip
    seeds = Table(
        "Seeds",
        (">seed", ">Fmax in MHz", ">seconds", ""),
        tuple(
            (
                str(seed.seed),
                f"{seed.fmax_mhz:.2f}",
                f"{seed.seconds:.1f}",
                "kept" if seed.seed == build.best_seed else "",
            )
            for seed in build.seeds
        ),
        bad=tuple(i for i, seed in enumerate(build.seeds) if seed.fmax_mhz < build.clock_mhz),
    )
    stations = build.critical_path.stations
    total = sum(station.logic_ns + station.routing_ns for station in stations)
    path = Table(
        "Critical path",
        ("", ">cells", ">logic in ns", ">routing in ns", ">share"),
        tuple(
            (
                station.name,
                grouped(station.cells),
                f"{station.logic_ns:.2f}",
                f"{station.routing_ns:.2f}",
                f"{100 * (station.logic_ns + station.routing_ns) / total:.1f} %" if total else "",
            )
            for station in stations
        ),
        f"In order, {total:.2f} ns in all; routing: the wires that lead there.",
    )
    return Section("timing", "Timing", facts, (path, seeds), (build.advice,) if missed else ())


def _verification(report: BuildReport) -> Section:
    rows = tuple(
        (
            check.name,
            f"{grouped(check.n_equal)} / {grouped(check.n_samples)} samples equal",
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


def _accuracy(build: BuildRecord) -> Section:
    model = build.model
    facts = () if model.test_accuracy is None else (("test", f"{model.test_accuracy:.4f}"),)
    if model.layers:
        table = Table(
            "LUT accuracy by layer",
            (">layer", ">LUTs", ">mean", ">std", ">min", ">max"),
            tuple(
                (
                    str(row.layer),
                    grouped(row.n_luts),
                    *(f"{value:.4f}" for value in (row.mean, row.std, row.min, row.max)),
                )
                for row in model.layers
            ),
            "Each LUT's output taken as the prediction, on the training samples.",
        )
        return Section("accuracy", "Accuracy", facts, (table,))
    rounds = list({row.n_luts: row for row in model.history}.values())  # refits add no LUT
    every = max(1, -(-len(rounds) // _HISTORY_ROWS))
    kept = [row for i, row in enumerate(rounds, 1) if i % every == 0 or i == len(rounds)]
    watched = any(row.validation_accuracy is not None for row in kept)
    table = Table(
        "Accuracy as LUTs were learnt",
        (">LUTs", ">train", *((">validation",) if watched else ())),
        tuple(
            (
                grouped(row.n_luts),
                f"{row.train_accuracy:.4f}",
                *((_or_none(row.validation_accuracy),) * watched),
            )
            for row in kept
        ),
    )
    return Section("accuracy", "Accuracy", facts, (table,))


def _or_none(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _origin(build: BuildRecord) -> Section:
    stream = build.bitstream
    size = f"{grouped(stream.bytes)} bytes" if stream else "a project for the vendor's tool"
    facts = [
        ("written", f"{left(build)}, {size}"),
        ("board", f"{build.board.title}, {build.device.title}"),
        ("tried on hardware", build.board.tried),
        ("network", _network(build)),
        ("input", build.model.input),
        ("serial port", f"{grouped(round(build.baud))} baud, 8N1"),
        *build.tools.items(),
        ("model", build.digest),
        ("sha256", stream.sha256 if stream else ""),
    ]
    return Section("build", "Build", tuple(fact for fact in facts if fact[1]))


def _network(build: BuildRecord) -> str:
    model = build.model
    layers = f"{grouped(model.n_layers)} layer{'' if model.n_layers == 1 else 's'}"
    return f"{grouped(model.n_luts)} LUTs in {layers}, {model.n_classes} classes"
