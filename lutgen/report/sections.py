"""A report in words and tables, the same for text and HTML, so that both show equal numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from lutgen.core.ports import InputBits, span, told
from lutgen.netlist.passes.triplicate import KINDS, NONE
from lutgen.records.core import ChipSize, CoreRecord, latency_text
from lutgen.records.learnt import EVALUATION_FILE, EvaluationRecord
from lutgen.records.model import ModelRecord, TrainingRecord
from lutgen.records.synthesis import SynthesisRecord
from lutgen.report.faults import faults_section
from lutgen.report.folder import MODES, Report
from lutgen.report.table import Headline, Section, Table, accuracy_text, grouped, share, some_of
from lutgen.report.told import change_sections, class_tables, network_section, worth_facts

CORE = "core"
PIPELINE = ": a pipeline, each row of registers takes a clock cycle"
PARTS = ("encoder", CORE, "head")


def sections(report: Report) -> tuple[Section, ...]:
    """Return the whole report, part by part."""
    return (
        model_section(report.core.model),
        accuracy_section(report),
        network_section(report),
        *change_sections(report),
        netlist_section(report.core),
        verification_section(report),
        synthesis_section(report),
        *((faults_section(report.faults),) if report.faults else ()),
    )


def title(report: Report) -> str:
    """Return what the report is about, e.g. ``digits, ge5``."""
    training = report.core.model.training
    return ", ".join(part for part in (training.data, training.task) if part) or report.core.module


def headlines(report: Report) -> tuple[Headline, ...]:
    """Return the numbers to open with, as far as the folder has them."""
    found = []
    training = report.core.model.training
    if training.test_accuracy is not None:
        found.append(
            Headline(
                f"Test {training.metric or 'accuracy'}",
                _score(training, training.test_accuracy),
                _on_training(report),
            )
        )
    if checks := report.simulation.checks:
        n_passed = sum(check.passed for check in checks)
        unit = report.simulation.unit
        numbers = sorted({f"{grouped(check.n_samples)} {unit}" for check in checks})
        found.append(
            Headline(
                "Verification",
                f"{n_passed} / {len(checks)} equal",
                " or ".join(numbers) + " each",
                bad=n_passed < len(checks),
            )
        )
    proof = report.proof
    if proof.proofs:
        found.append(
            Headline(
                "Proof",
                f"{proof.n_proved} / {proof.n_proofs} proved",
                "equal for every input",
                bad=not proof.proved,
            )
        )
    if report.synthesis:
        best = min(report.synthesis, key=lambda result: result.n_luts)
        others = [
            f"{grouped(other.n_luts)} {other.mode}"
            for other in report.synthesis
            if other is not best
        ]
        found.append(Headline("LUTs", grouped(best.n_luts), ", ".join([best.mode, *others])))
        found += _smallest_chip(report.core, best.n_luts)
    return tuple(found)


def _numbered(names: Sequence[str], most: int = 64) -> str:
    """Return names with their places, as the hardware takes them."""
    shown = ", ".join(f"{place} {name}" for place, name in enumerate(names[:most]))
    return shown + (f", … ({len(names)} in all)" if len(names) > most else "")


def model_section(model: ModelRecord) -> Section:
    """Return what the model is."""
    training = model.training
    facts = [
        ("data", training.data),
        ("task", training.task),
        ("classes", " / ".join(model.classes)),
        ("training samples", _optional(training.n_samples)),
        ("features", _numbered(model.features)),
        *(
            (f"column {column}", f"a feature for each of {', '.join(values)}")
            for column, values in model.categories.items()
        ),
        ("encoder", model.encoder),
        ("head", model.head),
        ("k", _optional(training.k) or ", ".join(str(k) for k in sorted(set(model.fan_in)))),
        ("LUTs by layer", _widths(training.widths)),
        ("wiring", training.wiring),
        ("fill", training.fill),
        ("seed", "" if training.seed is None else str(training.seed)),
        ("input bits", grouped(model.n_inputs)),
        ("LUTs", f"{grouped(model.n_luts)} in {_plural(model.n_layers, 'layer')}"),
        (
            "cone of influence",
            f"{grouped(model.n_cone)} / {grouped(model.n_luts)} LUTs reach the output, "
            f"{share(model.n_cone, model.n_luts)}",
        ),
        ("table entries", _care(model)),
        ("sha256", model.digest),
    ]
    return Section("model", "Model", facts=tuple(fact for fact in facts if fact[1]))


def accuracy_section(report: Report) -> Section:
    """Return the accuracies of the model, by class, and of its LUTs, as Table 1 of the paper."""
    training, evaluation = report.core.model.training, report.evaluation
    facts = [
        (f"{name} {training.metric}".strip(), _score(training, value))
        for name, value in (("train", training.train_accuracy), ("test", training.test_accuracy))
        if value is not None
    ]
    if training.growth_ended:
        facts.append(("growth", training.growth_ended))
    if evaluation is not None:
        facts += worth_facts(evaluation)
    tables = [*class_tables(evaluation)] if isinstance(evaluation, EvaluationRecord) else []
    if training.layers:
        tables.append(_lut_accuracy_table(training))
    lines: tuple[str, ...] = ()
    if evaluation is None and (report.core.model.classes or training.metric):
        lines = (
            f"Not measured on samples: {report.why_without(EVALUATION_FILE)}. "
            "lutgen evaluate MODEL -o FOLDER does it.",
        )
    return Section("accuracy", "Accuracy", tuple(facts), tuple(tables), lines)


def _lut_accuracy_table(training: TrainingRecord) -> Table:
    rows = tuple(
        (
            str(row.layer),
            grouped(row.n_luts),
            *(accuracy_text(value) for value in (row.mean, row.std, row.min, row.max)),
        )
        for row in training.layers
    )
    return Table(
        "LUT accuracy by layer",
        (">layer", ">LUTs", ">mean", ">std", ">min", ">max"),
        rows,
        "Each LUT's output taken as the prediction, on the training samples. Layer 0: input bits.",
    )


def netlist_section(core: CoreRecord) -> Section:
    """Return what hardware the model became."""
    netlist = core.netlist
    facts = (
        ("module", core.module),
        ("target", core.target),
        ("registers", _pipeline(core)),
        *_copies(core),
        ("latency", latency_text(core.latency_cycles, core.timing)),
        *_input(core),
        *_fmax(core),
        (
            "LUT levels",
            f"{grouped(netlist.depth)} in a row between registers or ports, at most: the fewer, "
            "the faster the clock",
        ),
        (
            "input bits",
            f"{grouped(netlist.n_inputs_read)} / {grouped(netlist.n_inputs)} are read",
        ),
    )
    cells = Table(
        "Cells",
        ("cell", ">count"),
        tuple((name, grouped(count)) for name, count in sorted(netlist.cells.items())),
    )
    tables = (
        *_port_tables(core),
        *(_part_table(core), _layer_table(core), cells, _pass_table(core)),
    )
    return Section("netlist", "Netlist", facts, tuple(table for table in tables if table.rows))


def _copies(core: CoreRecord) -> Iterator[tuple[str, str]]:
    """Yield what there are three copies of."""
    if core.tmr in KINDS and core.tmr != NONE:
        yield "three copies", f"{KINDS[core.tmr]}, with voters"


def _input(core: CoreRecord) -> Iterator[tuple[str, str]]:
    """Yield as which numbers features come in, and what that changes."""
    counts = Counter(core.input_formats).most_common()
    if not counts:
        return
    many = len(counts) > 1
    yield "input format", ", ".join(f"{name}{f' ({n})' * many}" for name, n in counts)
    for change in core.changes:
        yield "format changes", str(change)
    if core.changes_unknown:
        yield "format changes", f"not counted: {core.changes_unknown}"


def _port_tables(core: CoreRecord) -> tuple[Table, ...]:
    """Return what the bits of the ports mean: what comes in, and what an answer is."""
    ports = core.ports
    if ports is None:
        return ()
    inputs = [
        (
            f"x{span(item.low, item.width)}",
            str(item.feature),
            item.name,
            _told(item),
        )
        for item in ports.inputs
    ]
    width = max(len(ports.classes) - 1, 1).bit_length()
    classes = [
        (
            str(item.number),
            f"y[{item.number}]" if ports.one_hot else f"{item.number:0{width}b}",
            told(item),
        )
        for item in ports.classes
    ]
    outputs = [(f"y{span(item.low, item.width)}", item.name) for item in ports.outputs]
    code = "bit" if ports.one_hot else ">y in binary"
    return (
        Table("Classes", (">number", code, "label"), *some_of(classes)),
        Table("Outputs", ("bits", "name"), *some_of(outputs)),
        Table("Inputs", ("bits", ">feature", "name", "what they tell"), *some_of(inputs)),
    )


def _told(item: InputBits) -> str:
    if item.weight is not None:
        return f"its bit of {item.weight!r}"
    if item.threshold is None and item.missing is None:
        return "its code"
    if item.threshold is None:
        return "1 where it is missing" if item.missing else "0"
    return f"1 where it is {item.threshold!r} or more" + ", or missing" * bool(item.missing)


def verification_section(report: Report) -> Section:
    """Return which forms of the network were compared or proved equal, and what differs."""
    lines: list[str] = []
    checks, proofs = report.simulation.checks, report.proof.proofs
    if not checks:
        reason = report.why("simulate.json")
        lines.append(f"Nothing compared: {reason}. lutgen simulate compares.")
    if not proofs:
        lines.append(f"Nothing proved: {report.why('proof.json')}. lutgen prove proves.")
    lines += [f"{check.name}: {check.difference}" for check in checks if check.difference]
    lines += [f"{proof.name}: {proof.difference}" for proof in proofs if proof.difference]
    masking = report.proof.masking
    lines += [f"{item.name}: {item.difference}" for item in masking if item.difference]
    tables = (_check_table(report), _proof_table(report), _masking_table(report))
    return Section(
        "verification",
        "Verification",
        tables=tuple(table for table in tables if table.rows),
        lines=tuple(lines),
    )


def synthesis_section(report: Report) -> Section:
    """Return what synthesis counted, both modes side by side, and the share of each chip."""
    present = {result.mode for result in report.synthesis}
    lines = tuple(
        f"Not synthesised in mode {mode}: {report.why(f'/{mode}/')}. lutgen synth does it."
        for mode in MODES
        if mode not in present
    )
    if not report.synthesis:
        return Section("synthesis", "Synthesis", lines=lines)
    tools = sorted({result.tool for result in report.synthesis})
    facts = [("tool", ", ".join(tools)), ("target", report.core.target)]
    if report.core.luts_without_dont_cares is not None:
        plain = grouped(report.core.luts_without_dont_cares)
        facts.append(("without don't-cares", f"{plain} LUTs, direct"))
    tables = (_resource_table(report), _share_table(report))
    return Section(
        "synthesis",
        "Synthesis",
        tuple(facts),
        tuple(table for table in tables if table.rows),
        (*lines, _scope(report.core)),
        tuple(
            (f"{result.mode}: yosys script.ys in synth/{result.mode} runs", result.command)
            for result in report.synthesis
        ),
    )


def _check_table(report: Report) -> Table:
    simulation = report.simulation
    bad = tuple(i for i, check in enumerate(simulation.checks) if not check.passed)
    rows = tuple(
        (
            check.name,
            f"{grouped(check.n_equal)} / {grouped(check.n_samples)} {simulation.unit} equal",
            check.tool or "lutgen",
            *((("" if check.passed else "DIFFERENT"),) if bad else ()),
        )
        for check in simulation.checks
    )
    where = f" ({simulation.samples})" if simulation.samples else ""
    columns = ("form", "", "by", *(("",) if bad else ()))
    return Table(f"Outputs against the model's{where}", columns, rows, bad=bad)


def _proof_table(report: Report) -> Table:
    proofs = report.proof.proofs
    bad = tuple(i for i, proof in enumerate(proofs) if not proof.proved)
    rows = tuple(
        (
            proof.name,
            f"{grouped(proof.n_proved)} / {grouped(proof.n_outputs)}",
            grouped(proof.n_open),
            f"{grouped(proof.n_points_proved)} / {grouped(proof.n_points)}",
        )
        for proof in proofs
    )
    return Table(
        "Proved equal for every input",
        ("forms", ">outputs", ">open", ">LUTs by name"),
        rows,
        "LUTs by name: those that both forms have, and of them those proved equal, too.",
        bad=bad,
    )


def _masking_table(report: Report) -> Table:
    masking = report.proof.masking
    rows = tuple(
        (
            item.name,
            f"{grouped(item.n_registers_masked)} / {grouped(item.n_registers)}",
            f"{grouped(item.n_luts_masked)} / {grouped(item.n_luts)}" if item.n_luts else "",
            ", ".join(item.voters) or "none",
        )
        for item in masking
    )
    return Table(
        "Three copies: single flips proved not to show",
        ("form", ">registers", ">LUTs", "voters that all depends on"),
        rows,
        bad=tuple(i for i, item in enumerate(masking) if not item.proved),
    )


def _resource_table(report: Report) -> Table:
    results = report.synthesis
    rows = [
        ("LUTs", *(grouped(result.n_luts) for result in results)),
        ("flip-flops", *(grouped(result.n_registers) for result in results)),
        ("LUT levels", *(grouped(result.levels) for result in results)),
    ]
    rows += [
        (name, *(grouped(result.cells.get(name, 0)) for result in results))
        for name in sorted({name for result in results for name in result.cells})
    ]
    columns = ("", *(f">{result.mode}" for result in results))
    return Table(
        "Resources",
        columns,
        tuple(rows),
        "direct: lutgen's primitives kept as they are; optimised: Yosys and ABC free to change "
        "them.",
    )


def _share_table(report: Report) -> Table:
    results = report.synthesis
    columns = [text for result in results for text in (f">{result.mode}", ">share")]
    rows = tuple(
        (
            name,
            *(text for result in results for text in _used(result, chip)),
            _enough(chip, results),
        )
        for name, chip in report.core.chips
    )
    sources = sorted({chip.source for _, chip in report.core.chips if chip.source})
    return Table(
        "LUTs of the core / LUTs of the chip",
        ("chip", *columns, "enough"),
        rows,
        "Sizes of the chips: " + "; ".join(sources) if sources else "",
    )


def _used(result: SynthesisRecord, chip: ChipSize) -> tuple[str, str]:
    used = f"{grouped(result.n_luts)} / {grouped(chip.luts)}"
    return used, share(result.n_luts, chip.luts)


def _enough(chip: ChipSize, results: tuple[SynthesisRecord, ...]) -> str:
    modes = [result.mode for result in results if result.n_luts <= chip.luts]
    if len(modes) == len(results):
        return "yes"
    return f"{modes[0]} only" if modes else "no"


def _smallest_chip(core: CoreRecord, n_luts: int) -> list[Headline]:
    """Name the smallest chip with enough LUTs, or the largest where none has."""
    if not core.chips:
        return []
    enough = [item for item in core.chips if n_luts <= item[1].luts]
    name, chip = enough[0] if enough else core.chips[-1]
    what = "Smallest chip" if enough else "Largest chip"
    taken = share(n_luts, chip.luts)
    return [Headline(what, name, f"{taken} of the LUTs of {chip.title or name}")]


def _layer_table(core: CoreRecord) -> Table:
    logic = {(row.part, row.layer): row.luts for row in core.logic.layers}
    names = sorted({name for row in core.netlist.layers for name in row.cells})
    rows = tuple(
        (
            str(row.layer) if row.part == CORE else row.part,
            grouped(logic.get((row.part, row.layer), 0)),
            *(grouped(row.cells.get(name, 0)) for name in names),
            grouped(row.levels),
        )
        for row in core.netlist.layers
    )
    note = (
        "k-LUTs: before mapping onto the target (after it, where registers were placed for a "
        "clock); the others after it."
    )
    parts = {row.part for row in core.netlist.layers}
    if "encoder" in parts:
        note += " Encoder: its comparators, and registers that delay the inputs."
    if "head" in parts:
        note += " Head: counts the votes of the trained LUTs and compares."
    columns = (">layer", ">k-LUTs", *(f">{name}" for name in names), ">levels")
    return Table("Cells by layer", columns, rows, note)


def _scope(core: CoreRecord) -> str:
    """Return what is inside the counts."""
    parts = {row.part for row in core.netlist.layers if row.luts}
    held = [part for part in PARTS if part in parts or part == CORE]
    lacks = [f"no {part}" for part in PARTS if part not in held]
    lacks += ["no pins", "nothing of what feeds it"]
    return f"Counted is the module, x to y: {', '.join(held)}; {', '.join(lacks)}."


def _part_table(core: CoreRecord) -> Table:
    """Return what encoder, core and head take, where there is more than the core."""
    rows = []
    for part in PARTS:
        layers = [row for row in core.netlist.layers if row.part == part]
        if layers:
            n_luts = sum(row.luts for row in layers)
            n_registers = sum(row.registers for row in layers)
            rows.append(
                (part, grouped(n_luts), share(n_luts, core.netlist.luts), grouped(n_registers))
            )
    columns = ("part", ">LUTs", ">share", ">registers")
    return Table("Parts", columns, tuple(rows) if len(rows) > 1 else ())


def _pass_table(core: CoreRecord) -> Table:
    columns: tuple[str, ...] = ("pass", ">LUTs before", ">after", ">changes")
    rows: list[tuple[str, ...]] = [
        (item.name, grouped(item.luts_before), grouped(item.luts_after), grouped(item.changes))
        for item in core.passes
    ]
    if any(item.registers_before or item.registers_after for item in core.passes):
        columns += (">registers before", ">after")
        rows = [
            (*row, grouped(item.registers_before), grouped(item.registers_after))
            for row, item in zip(rows, core.passes, strict=True)
        ]
    return Table("Passes", columns, tuple(rows))


def _pipeline(core: CoreRecord) -> str:
    if core.timing and core.timing.target_mhz:
        levels = _plural(core.timing.levels, "LUT level")
        return f"{grouped(core.netlist.registers)}, after at most {levels}{PIPELINE}"
    if not core.pipeline:
        return "none, the core is combinational"
    every = _plural(core.pipeline, "LUT level")
    return f"{grouped(core.netlist.registers)}, after every {every}{PIPELINE}"


def _fmax(core: CoreRecord) -> tuple[tuple[str, str], ...]:
    timing = core.timing
    if timing is None:
        return ()
    return (("Fmax", str(timing)),)


def _widths(widths: tuple[int, ...]) -> str:
    """Write widths as the command line takes them: ``1024x5, 1``."""
    runs = [(width, len(list(run))) for width, run in groupby(widths)]
    return ", ".join(f"{width}x{n}" if n > 1 else str(width) for width, n in runs)


def _on_training(report: Report) -> str:
    training = report.core.model.training
    value = training.train_accuracy
    return "" if value is None else f"{_score(training, value)} on the training samples"


def _care(model: ModelRecord) -> str:
    care = model.care
    if care is None:
        return ""
    return (
        f"{grouped(care.seen)} / {grouped(care.entries)} seen in training, "
        f"{share(care.seen, care.entries)}; {grouped(care.tied)} of them tied"
    )


def _score(training: TrainingRecord, value: float) -> str:
    """Write a share of samples as such; R² and D² are none."""
    return f"{value:.4f}" if training.metric else accuracy_text(value)


def _optional(value: int | None) -> str:
    return "" if value is None else grouped(value)


def _plural(n: int, noun: str) -> str:
    return f"{grouped(n)} {noun}{'' if n == 1 else 's'}"
