"""Running a study: cells, result, and the files that are written of it.

A folder ``NAME`` (or ``NAME-quick``) gets ``cells.json`` while the study runs, and in the end
``result.json``, ``rows.csv`` and the pictures as SVG.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lutgen.errors import DataError
from lutgen.files import ensure_writable, folder_to_itself, read_json, write_atomic, write_json
from lutgen.studies.context import Context, Progress, Settings, no_progress
from lutgen.studies.page import page
from lutgen.studies.study import Result, Study

RESULT, ROWS, CELLS = "result.json", "rows.csv", "cells.json"


@dataclass(frozen=True)
class Run:
    """A finished study.

    Parameters
    ----------
    record : mapping
        What ``result.json`` holds: the study, its settings, ``seconds`` of work, the result.
    is_new : bool
        False where the files of an earlier run answered.
    """

    study: Study
    folder: Path
    record: dict[str, Any]
    result: Result
    is_new: bool


def write_page(studies: Iterable[Study], out: Path, *, redraw: bool = False) -> Path:
    """Write the page of all results in a folder, beside it: ``FOLDER.md``; return its path.

    A full run goes before a quick one.

    Parameters
    ----------
    redraw : bool
        Draw the pictures anew from the results.

    Raises
    ------
    DataError
        If a result cannot be read.
    """
    out = out.resolve()
    runs = []
    for study in studies:
        folders = (study_folder(out, study, quick=is_quick) for is_quick in (False, True))
        found = next((run for folder in folders if (run := load_run(study, folder))), None)
        if found:
            if redraw:
                found.record["pictures"] = _redraw(found)
            runs.append((found.record, found.result, f"{out.name}/{found.folder.name}"))
    path = out.parent / f"{out.name}.md"
    write_atomic(path, page(runs))
    return path


def study_folder(out: Path, study: Study, *, quick: bool) -> Path:
    """Return the folder of a study's files."""
    return out / (study.name + "-quick" * quick)


def run_study(
    study: Study,
    settings: Settings,
    out: Path,
    *,
    force: bool = False,
    progress: Progress = no_progress,
) -> Run:
    """Run a study, or take the result of an earlier run with the same settings.

    Parameters
    ----------
    out : Path
        Folder that gets the study's own folder.
    force : bool
        Forget results and cells of earlier runs.
    progress : callable
        See :class:`lutgen.studies.context.Context`.

    Raises
    ------
    LutgenError
        If data are missing or results cannot be written.
    """
    folder = study_folder(out, study, quick=settings.quick)
    with folder_to_itself(folder):
        return _run_in(folder, study, settings, force=force, progress=progress)


def _run_in(
    folder: Path, study: Study, settings: Settings, *, force: bool, progress: Progress
) -> Run:
    if not force and (found := _finished(study, settings, folder)):
        return found
    cells = folder / CELLS
    if force:
        cells.unlink(missing_ok=True)
    ensure_writable(folder / RESULT)
    context = Context(settings, cells, progress)
    result = study.run(context)
    record = {
        "study": study.name,
        "title": study.title,
        "source": study.source,
        "settings": settings.record(),
        "seconds": round(context.seconds(), 1),
        "pictures": _draw(study, result, folder),
        **result.to_record(),
    }
    write_atomic(folder / ROWS, _csv(result))
    write_json(folder / RESULT, record)  # last: it says that all is there
    return Run(study, folder, record, result, is_new=True)


def load_run(study: Study, folder: Path) -> Run | None:
    """Return the finished run that a folder holds; None if there is none.

    Raises
    ------
    DataError
        If the folder holds something else.
    """
    path = folder / RESULT
    if not path.exists():
        return None
    record = read_json(path)
    if not isinstance(record, dict) or record.get("study") != study.name:
        raise DataError(f"{path}: not a result of {study.name}; run it again: --force")
    return Run(study, folder, record, Result.from_record(record), is_new=False)


def _finished(study: Study, settings: Settings, folder: Path) -> Run | None:
    run = load_run(study, folder)
    return run if run and run.record.get("settings") == settings.record() else None


def _draw(study: Study, result: Result, folder: Path) -> list[str]:
    """Write the pictures and return their names."""
    pictures = study.draw(result)
    for name, svg in pictures.items():
        write_atomic(folder / f"{name}.svg", svg)
    return list(pictures)


def _redraw(run: Run) -> list[str]:
    """Write the pictures of a result that an older version may have written."""
    try:
        return _draw(run.study, run.result, run.folder)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise DataError(
            f"{run.folder / RESULT}: cannot be drawn ({type(error).__name__}: {error}); "
            f"run it again: lutgen reproduce {run.study.name} --force"
        ) from error


def _csv(result: Result) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("name", "ours", "std", "n_runs", "theirs", "difference", "note"))
    for row in result.rows:
        numbers = (row.ours, row.std, row.n_runs, row.theirs, row.difference)
        writer.writerow((row.name, *("" if n is None else f"{n:.6g}" for n in numbers), row.note))
    return stream.getvalue()
