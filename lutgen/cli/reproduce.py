"""The command that runs the papers' experiments: reproduce."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lutgen.cli import output
from lutgen.cli.options import DataDir, Threads
from lutgen.errors import LutgenError

if TYPE_CHECKING:  # the studies load what they compare with
    from lutgen.studies.context import Settings
    from lutgen.studies.runner import Run
    from lutgen.studies.study import Study

_MOST_ROWS = 40


def reproduce(
    name: Annotated[
        str, typer.Argument(help="Study, or all, list, page (page and pictures, from the results).")
    ],
    quick: Annotated[bool, typer.Option("--quick", help="A small version, for a look.")] = False,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Run with N different seeds; default: the study's.")
    ] = None,
    out: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for results, a folder a study.")
    ] = Path("build/studies"),
    force: Annotated[
        bool, typer.Option("--force", help="Forget earlier results and unfinished work.")
    ] = False,
    threads: Threads = None,
    data_dir: DataDir = None,
    json: output.Json = False,
) -> None:
    """Reproduce a paper's experiment: ours beside theirs, and which of its claims hold.

    Writes result.json, rows.csv and pictures, and beside the folder a page of all studies in it.
    What was finished is not run again: after Ctrl-C the same command goes on.
    """
    from lutgen.studies.context import Settings  # noqa: PLC0415
    from lutgen.studies.registry import STUDIES, get_study  # noqa: PLC0415
    from lutgen.studies.runner import write_page  # noqa: PLC0415

    if name == "list":
        _list(list(STUDIES.values()), json)
        return
    if name == "page":
        output.print_text(f"{write_page(STUDIES.values(), out, redraw=True)} written")
        return
    chosen = list(STUDIES.values()) if name == "all" else [get_study(name)]
    runs: list[Run] = []
    failed: list[tuple[Study, LutgenError]] = []
    for study in chosen:
        settings = Settings(quick, seeds or (1 if quick else study.n_seeds), threads, data_dir)
        try:
            run = _run(study, settings, out, force)
        except LutgenError as error:
            if name != "all":
                raise
            output.progress_console().print(f"{study.name}: {error}", markup=False)
            failed.append((study, error))
            continue
        runs.append(run)
        if not json:
            _print(run, rows=name != "all")
    if json:
        output.print_json([run.record for run in runs])
    write_page(STUDIES.values(), out)
    if failed:
        first, fault = failed[0]
        raise type(fault)(
            f"{len(failed)} of {len(chosen)} studies failed, the first, {first.name}, for: {fault}"
        )


def _run(study: Study, settings: Settings, out: Path, force: bool) -> Run:
    from lutgen.studies.runner import run_study  # noqa: PLC0415

    with output.counting(study.name, "cells") as bar:
        return run_study(study, settings, out, force=force, progress=bar)


def _print(run: Run, *, rows: bool) -> None:
    from lutgen.studies.page import describe_settings, show, show_signed  # noqa: PLC0415

    output.print_text(f"{run.study.name}: {run.study.title}")
    output.print_text(f"  {run.study.source}. {describe_settings(run.record)}")
    if rows and run.result.rows:
        table = output.table(run.study.title, "", "ours", "theirs", "difference", "note", left=1)
        for row in run.result.rows[:_MOST_ROWS]:
            numbers = (show(row.ours, row.std), show(row.theirs), show_signed(row.difference))
            table.add_row(row.name, *numbers, row.note)
        output.print_table(table)
        if len(run.result.rows) > _MOST_ROWS:
            output.print_text(f"  and {len(run.result.rows) - _MOST_ROWS} more rows")
    for verdict in run.result.verdicts:
        output.print_text(f"  {verdict.describe()}")
    for note in run.result.notes:
        output.print_text(f"  {note}")
    earlier = "" if run.is_new else " (of an earlier run; --force runs it again)"
    output.print_text(f"  files in {run.folder}{earlier}")


def _list(studies: list[Study], json: bool) -> None:
    if json:
        output.print_json([{"name": s.name, "title": s.title, "source": s.source} for s in studies])
        return
    table = output.table("Studies", "name", "what", "source", left=3)
    for study in studies:
        table.add_row(study.name, study.title, study.source)
    output.print_table(table)
