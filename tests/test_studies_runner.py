"""Running studies: what is finished is not run again, and nothing is lost by an interruption."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lutgen.cli.app import app
from lutgen.errors import ConfigError, DataError
from lutgen.studies.context import Context, Settings
from lutgen.studies.plot import Curve, Panel, draw
from lutgen.studies.registry import STUDIES, get_study
from lutgen.studies.runner import load_run, run_study, write_page
from lutgen.studies.study import Result, Row, Study, Verdict, within

FULL = Settings(n_seeds=3)


def squares(calls: list[int], stop_at: int = -1) -> Study:
    """Return a study that squares its seeds; Ctrl-C is pressed while it computes `stop_at`."""

    def cell(seed: int) -> Callable[[], int]:
        def compute() -> int:
            if seed == stop_at:
                raise KeyboardInterrupt
            calls.append(seed)
            return seed * seed

        return compute

    def measure(context: Context) -> Result:
        values = list(context.compute({f"seed={s}": cell(s) for s in context.seeds}).values())
        row = Row.of("square", values, 5.0, "a | b")
        claim = Verdict("it is a number", True, str(sum(values)))
        return Result((row,), (claim,), ("A note.",), {"values": values})

    def picture(result: Result) -> dict[str, str]:
        values = result.series["values"]
        curve = Curve("square", list(range(len(values))), values)
        return {"squares": draw([Panel("Squares", "seed", "square", (curve,))])}

    return Study("squares", "seeds, squared", "nobody, 2026", measure, picture)


def test_a_finished_study_is_not_run_again(tmp_path: Path) -> None:
    calls: list[int] = []
    first = run_study(squares(calls), FULL, tmp_path)
    again = run_study(squares(calls), FULL, tmp_path)
    assert calls == [0, 1, 2]
    assert first.is_new and not again.is_new
    assert again.result == first.result and again.record == first.record


def test_more_seeds_compute_only_what_is_missing(tmp_path: Path) -> None:
    calls: list[int] = []
    run_study(squares(calls), FULL, tmp_path)
    more = run_study(squares(calls), Settings(n_seeds=5), tmp_path)
    assert calls == [0, 1, 2, 3, 4]
    assert more.result.series["values"] == [0, 1, 4, 9, 16]


def test_an_interruption_loses_no_finished_cell(tmp_path: Path) -> None:
    calls: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        run_study(squares(calls, stop_at=2), FULL, tmp_path)
    assert calls == [0, 1] and not (tmp_path / "squares" / "result.json").exists()
    run = run_study(squares(calls), FULL, tmp_path)
    assert calls == [0, 1, 2]
    assert run.result.series["values"] == [0, 1, 4]
    straight = run_study(squares([]), FULL, tmp_path / "other")
    assert run.result == straight.result


def test_force_forgets_results_and_cells(tmp_path: Path) -> None:
    calls: list[int] = []
    run_study(squares(calls), FULL, tmp_path)
    run_study(squares(calls), FULL, tmp_path, force=True)
    assert calls == [0, 1, 2, 0, 1, 2]


def test_cells_of_another_version_are_computed_anew(tmp_path: Path) -> None:
    calls: list[int] = []
    run_study(squares(calls), FULL, tmp_path)
    cells = tmp_path / "squares" / "cells.json"
    kept = json.loads(cells.read_text())
    cells.write_text(json.dumps({**kept, "version": "0.0.0"}))
    run_study(squares(calls), Settings(n_seeds=4), tmp_path)
    assert calls == [0, 1, 2, 0, 1, 2, 3]


def test_quick_and_full_results_stand_side_by_side(tmp_path: Path) -> None:
    calls: list[int] = []
    run_study(squares(calls), Settings(quick=True, n_seeds=3), tmp_path)
    page = write_page([squares([])], tmp_path / ".").read_text()
    assert "| quick, 3 seeds |" in page and "squares-quick/squares.svg" in page
    run_study(squares(calls), FULL, tmp_path)
    assert len(calls) == 6
    page = write_page([squares([])], tmp_path).read_text()
    assert "| full, 3 seeds |" in page and "quick/" not in page


def test_equal_runs_write_equal_files(tmp_path: Path) -> None:
    for name in "ab":
        run_study(squares([]), FULL, tmp_path / name)
    for name in ("squares.svg", "rows.csv", "result.json"):
        a, b = (tmp_path / side / "squares" / name for side in "ab")
        assert a.read_bytes() == b.read_bytes()


def test_the_files_hold_the_rows(tmp_path: Path) -> None:
    run = run_study(squares([]), FULL, tmp_path)
    row = run.record["rows"][0]
    assert row["ours"] == pytest.approx(5 / 3) and row["theirs"] == 5
    assert row["difference"] == pytest.approx(5 / 3 - 5) and row["n_runs"] == 3
    with (run.folder / "rows.csv").open() as stream:
        table = list(csv.DictReader(stream))
    assert table[0]["ours"] == "1.66667" and table[0]["note"] == "a | b"
    page = write_page([run.study], tmp_path)
    assert page == tmp_path.parent / f"{tmp_path.name}.md"
    text = page.read_text()
    assert f"![seeds, squared]({tmp_path.name}/squares/squares.svg)" in text
    assert "[squares](#squares-seeds-squared)" in text and "a \\| b" in text
    assert "| it is a number | 5 | yes |" in text


@pytest.mark.parametrize("text", ["{", "[]", '{"study": "other"}', '{"study": "squares"}'])
def test_a_damaged_result_is_a_fault_of_data(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "squares"
    folder.mkdir()
    (folder / "result.json").write_text(text)
    with pytest.raises(DataError, match=r"again|anew"):
        load_run(squares([]), folder)


def test_damaged_cells_are_a_fault_of_data(tmp_path: Path) -> None:
    (tmp_path / "squares").mkdir()
    (tmp_path / "squares" / "cells.json").write_text("[]")
    with pytest.raises(DataError, match="--force"):
        run_study(squares([]), FULL, tmp_path)


def test_within_counts_what_is_too_far() -> None:
    rows = [Row("a", 0.5, 0.5), Row("b", 0.6, 0.5), Row("c", None, 0.5), Row("d", 0.9)]
    verdict = within(rows, 0.05, "near")
    assert verdict.holds is False
    assert verdict.figures == "1 of 2 within 0.05; farthest: b, +0.1000"
    assert within(rows, 0.11, "near").holds is True
    assert within(rows[2:], 1, "near").holds is None


def test_every_study_is_named_once_and_found() -> None:
    assert all(name == study.name and study.n_seeds > 0 for name, study in STUDIES.items())
    with pytest.raises(ConfigError, match="table1, table2"):
        get_study("table9")


def invoke(*words: object) -> Any:
    return CliRunner().invoke(app, ["reproduce", *(str(word) for word in words)])


def test_the_command_runs_a_study_and_writes_the_page(tmp_path: Path) -> None:
    out = tmp_path / "studies"
    result = invoke("bound", "-o", out)
    assert result.exit_code == 0, result.output
    assert "0.34 at k = 2" in result.stdout and (tmp_path / "studies.md").exists()
    assert (out / "bound" / "bound.svg").read_text().lstrip().startswith("<?xml")
    assert "of an earlier run" in invoke("bound", "-o", out).stdout
    record = json.loads(invoke("bound", "-o", out, "--json").stdout)[0]
    assert record["study"] == "bound"
    assert [line["name"] for line in json.loads(invoke("list", "--json").stdout)] == list(STUDIES)


def test_an_unknown_study_ends_with_code_2() -> None:
    result = invoke("nothing")
    assert result.exit_code == 2 and "there is no study 'nothing'" in result.stderr


def test_pictures_are_drawn_anew_on_demand(tmp_path: Path) -> None:
    picture = run_study(squares([]), FULL, tmp_path).folder / "squares.svg"
    drawn = picture.read_text()
    picture.write_text("old")
    write_page([squares([])], tmp_path)
    assert picture.read_text() == "old"
    write_page([squares([])], tmp_path, redraw=True)
    assert picture.read_text() == drawn


def test_a_result_of_another_form_is_a_fault_of_data(tmp_path: Path) -> None:
    folder = run_study(squares([]), FULL, tmp_path).folder
    record = json.loads((folder / "result.json").read_text())
    record["series"] = {"values": 7}
    (folder / "result.json").write_text(json.dumps(record))
    with pytest.raises(DataError, match="run it again: lutgen reproduce squares --force"):
        write_page([squares([])], tmp_path, redraw=True)


def test_all_goes_on_after_a_study_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Context) -> Result:
        raise DataError("mnist: no file there")

    studies = [Study("bad", "fails", "nobody", fail), squares([])]
    monkeypatch.setattr("lutgen.studies.registry.STUDIES", {study.name: study for study in studies})
    result = invoke("all", "-o", tmp_path / "studies", "--seeds", 2)
    assert result.exit_code == 2
    assert "1 of 2 studies failed, the first, bad, for: mnist: no file there" in result.stderr
    assert "squares: seeds, squared" in result.stdout
    assert (tmp_path / "studies" / "squares" / "result.json").exists()
