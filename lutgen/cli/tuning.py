"""The command that chooses a booster's parameters for a chip: tune."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from lutgen.chips.chip import get_chip
from lutgen.cli import output
from lutgen.cli.core import CoreOptions, Out, core_options, with_folder
from lutgen.cli.faults import INTERRUPTED
from lutgen.cli.options import (
    ChipName,
    Mirror,
    Seed,
    Shift,
    Threads,
    TrainingOptions,
    Warp,
    option_group,
)
from lutgen.encode.encoder import SPECS
from lutgen.errors import ConfigError
from lutgen.learn.boost import BoostParameters
from lutgen.records.tune import TUNE_FILE, TuneRecord
from lutgen.tune.space import Space

_DEFAULT = BoostParameters()
_T = TypeVar("_T")


@with_folder
@option_group("samples", TrainingOptions)
@core_options
def tune(
    samples: TrainingOptions,
    options: CoreOptions,
    chip: ChipName = "generic",
    max_luts: Annotated[
        int | None,
        typer.Option(min=1, help="The most LUTs: of encoder, core and head, on that chip."),
    ] = None,
    min_accuracy: Annotated[
        float | None,
        typer.Option(help="Choose the smallest that is as accurate (numbers: R²); else the best."),
    ] = None,
    encoder: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Features to bits: {SPECS}. To try; may be given again. Default: what suits the "
            "data."
        ),
    ] = None,
    k: Annotated[
        str,
        typer.Option(
            help="Inputs of each LUT, 1 to 16. To try, as in 4,6. Default: what suits the chip."
        ),
    ] = "",
    criterion: Annotated[
        str,
        typer.Option(
            help="What a LUT is chosen by: absolute, newton (stands noise better), to try. "
            "Default: both."
        ),
    ] = "",
    leaf_bits: Annotated[
        str,
        typer.Option(
            help="1 to 3: bits of what an entry adds; each bit is a LUT. To try, as in 1,3. "
            "Default: what suits the chip; of numbers 2,3."
        ),
    ] = "",
    temperature: Annotated[
        str,
        typer.Option(
            help="How long samples that are right go on counting; to try, as in 4,8. Default: "
            "three, by --max-luts."
        ),
    ] = "",
    luts_per_class: Annotated[
        str,
        typer.Option(
            help="LUTs of each class or number; in all, where there are two classes. To try, as in "
            "10,20,40. Default: steps of a quarter."
        ),
    ] = "",
    refits: Annotated[
        int, typer.Option(help="How often every LUT is learnt anew among the others.")
    ] = _DEFAULT.refits,
    shift: Shift = _DEFAULT.shift,
    warp: Warp = _DEFAULT.warp,
    mirror: Mirror = _DEFAULT.mirror,
    folds: Annotated[int, typer.Option(help="Parts that are held out in turn.")] = 5,
    finalists: Annotated[int, typer.Option(min=1, help="Candidates to learn in full.")] = 10,
    seed: Seed = _DEFAULT.seed,
    threads: Threads = None,
    out: Out = Path("build/tune"),
    force: Annotated[
        bool, typer.Option("--force", help="Forget earlier results and unfinished work.")
    ] = False,
    json: output.Json = False,
) -> None:
    """Choose encoder, k, LUTs, temperature, criterion and leaf bits for a chip; learn that model.

    Accuracy is that of cross-validation, LUTs are those of the mapped hardware, encoder and head
    in. Without --min-accuracy the most accurate within --max-luts is chosen; without both, the
    smallest within a standard error of the best. The test part is looked at once, in the end.
    After Ctrl-C the same command goes on.
    """
    # scikit-learn and matplotlib are loaded when it runs
    from lutgen.jobs.tune import MODEL_FILE, PICTURE_FILE, TuneOptions  # noqa: PLC0415
    from lutgen.jobs.tune import tune as search  # noqa: PLC0415

    space = Space(
        encoders=tuple(encoder or ()),
        ks=_listed("--k", k, int),
        criteria=_listed("--criterion", criterion, str),
        leaf_bits=_listed("--leaf-bits", leaf_bits, int),
        temperatures=_listed("--temperature", temperature, float),
        sizes=_listed("--luts-per-class", luts_per_class, int),
    )
    get_chip(chip)
    config = options.config(chip)
    if not config.takes_features:
        config = replace(config, input_format="auto")
    fixed: dict[str, Any] = {"refits": refits}
    if shift or warp or mirror:
        fixed |= {"shift": shift, "warp": warp, "mirror": mirror}
    asked = TuneOptions(
        core=config,
        space=space,
        max_luts=max_luts,
        min_accuracy=min_accuracy,
        fixed=fixed,
        folds=folds,
        finalists=finalists,
        seed=seed,
    )
    source, dataset = samples.load_classes_or_numbers()
    try:
        _, record = search(
            dataset, source, asked, out, threads=threads, force=force, progress=output.SHOWN
        )
    except KeyboardInterrupt as stop:
        output.remark(f"interrupted; the trials are kept in {out}: the same command goes on")
        raise typer.Exit(INTERRUPTED) from stop
    if json:
        told = record.to_json()
        output.print_json({"model": str(out / MODEL_FILE), **told, "trials": len(record.trials)})
        return
    _print(record, chip)
    output.print_text(
        f"written to {out}: {MODEL_FILE}, {TUNE_FILE} ({len(record.trials):,} trials, which "
        f"another --max-luts or --min-accuracy makes use of), {PICTURE_FILE}"
    )


def _print(record: TuneRecord, chip: str) -> None:
    metric = record.metric or "accuracy"
    front = [record.candidates[place] for place in record.front]
    names = list(dict.fromkeys(name for item in front for name in item.parameters))
    table = output.table(
        f"Best {metric} for its LUTs on {chip}, {record.search.folds} parts held out in turn",
        *("LUTs", metric, "± error", *(name.replace("_", " ") for name in names), ""),
    )
    for place, item in zip(record.front, front, strict=True):
        told = [_shown(item.parameters.get(name, "")) for name in names]
        mark = "chosen" if place == record.chosen else ""
        table.add_row(
            f"{item.luts:,}", f"{item.score:.4f}", f"{item.standard_error:.4f}", *told, mark
        )
    output.print_table(table)
    assert record.chosen is not None
    chosen = record.candidates[record.chosen]
    tested = "there is no test part"
    if record.test_accuracy is not None:
        tested = f"on the test part, looked at once: {record.test_accuracy:.4f}"
    output.print_text(f"chosen: {chosen.score:.4f} with {chosen.luts:,} LUTs; {tested}")


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _listed(option: str, text: str, kind: Callable[[str], _T]) -> tuple[_T, ...]:
    """Parse a list parted by commas."""
    try:
        return tuple(kind(part.strip()) for part in text.split(",") if text)
    except ValueError as error:
        raise ConfigError(f"{option} must be a list as in 4,6; got {text!r}") from error
