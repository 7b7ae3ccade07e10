"""Reading output folders: whole, partial, damaged and foreign ones."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report_samples import DIGEST, core_record, files, write_folder

from lutgen.errors import DataError
from lutgen.report.folder import read_report
from lutgen.report.render_html import render_html
from lutgen.report.render_text import render_text
from lutgen.text import printable


def put(record: Any, field: str, value: Any) -> None:
    """Set a field given as a path; the value ``...`` removes it."""
    *parents, name = field.split(".")
    for parent in parents:
        record = record[int(parent) if isinstance(record, list) else parent]
    if value is ...:
        del record[name]
    else:
        record[int(name) if isinstance(record, list) else name] = value


def test_reads_what_the_files_say(tmp_path) -> None:
    records = files()
    report = read_report(write_folder(tmp_path, records))
    core = records["core.json"]
    assert (report.core.module, report.core.target) == ("lutgen_core", "ice40")
    assert report.core.model.digest == DIGEST
    assert report.core.model.fan_in == (6,)
    training = report.core.model.training
    assert training.widths == (512, 512, 1)
    assert [vars(row) for row in training.layers] == core["model"]["training"]["layers"]
    assert vars(report.core.model.care) == core["model"]["care"]
    assert [vars(item) for item in report.core.passes] == core["passes"]
    assert [row.cells for row in report.core.netlist.layers] == [
        {"SB_LUT4": 830},
        {"SB_LUT4": 165},
        {"SB_LUT4": 29},
    ]
    assert (report.core.netlist.luts, report.core.netlist.depth) == (1024, 7)
    assert (report.core.logic.luts, report.core.logic.depth) == (41, 3)
    assert [name for name, _ in report.core.chips] == ["lp384", "lp1k", "up5k", "hx8k"]
    assert [check.n_equal for check in report.simulation.checks] == [360] * 4
    assert report.simulation.passed
    assert [(result.mode, result.n_luts) for result in report.synthesis] == [
        ("direct", 1024),
        ("optimised", 397),
    ]
    assert report.left_out == ()
    assert report.simulation.samples == "digits, test"


@pytest.mark.parametrize("lost", ["simulate.json", "synth/direct/synth.json"])
def test_a_part_that_is_missing_is_named(tmp_path, lost) -> None:
    records = files()
    del records[lost]
    report = read_report(write_folder(tmp_path, records))
    assert [item.file for item in report.left_out] == [lost]
    assert f"there is no {lost} in the folder" in " ".join(render_text(report).split())
    assert len(report.synthesis) == (1 if "synth" in lost else 2)


@pytest.mark.parametrize(
    ("name", "field", "value", "reason"),
    [
        ("simulate.json", "digest", "0" * 64, f'digest "{"0" * 24}…" instead of "{DIGEST[:24]}…"'),
        ("synth/direct/synth.json", "target", "ecp5", 'target "ecp5" instead of "ice40"'),
        ("synth/optimised/synth.json", "top", "old", 'top "old" instead of "lutgen_core"'),
    ],
)
def test_results_of_another_core_are_left_out(tmp_path, name, field, value, reason) -> None:
    records = files()
    records[name][field] = value
    report = read_report(write_folder(tmp_path, records))
    assert [vars(item) for item in report.left_out] == [
        {"file": name, "reason": f"{name} is not of this core.json: {reason}"}
    ]
    assert (report.simulation.checks == ()) == (name == "simulate.json")
    assert len(report.synthesis) == (1 if "synth" in name else 2)


def test_the_model_alone_makes_a_report(tmp_path) -> None:
    report = read_report(write_folder(tmp_path, {"core.json": core_record()}))
    assert (report.simulation.checks, report.synthesis) == ((), ())
    assert len(report.left_out) == 4


def test_what_the_training_record_may_lack(tmp_path) -> None:
    record = core_record()
    record["model"]["training"] = {}
    del record["model"]["care"]
    training = read_report(write_folder(tmp_path, {"core.json": record})).core.model.training
    assert (training.data, training.seed, training.layers) == ("", None, ())


def test_a_folder_without_a_core_is_refused(tmp_path) -> None:
    with pytest.raises(DataError, match=r"there is no core\.json; make one with: lutgen verilog"):
        read_report(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("core.json", "{", r"core\.json: not valid JSON"),
        ("core.json", "[1, 2]", r"core\.json: must hold a JSON object, found a list"),
        ("core.json", '"' + "x" * 99 + '"', r'found "x{39}…'),
        ("simulate.json", "null", r"simulate\.json: must hold a JSON object, found null"),
        ("synth/direct/synth.json", "\xff", r"synth/direct/synth\.json: not valid JSON"),
    ],
)
def test_a_file_that_is_not_a_record_is_refused(tmp_path, name, text, message) -> None:
    write_folder(tmp_path, files())
    (tmp_path / name).write_text(text, encoding="latin-1")
    with pytest.raises(DataError, match=message):
        read_report(tmp_path)


@pytest.mark.parametrize(
    ("name", "field", "value", "message"),
    [
        ("core.json", "module", ..., "module is missing"),
        ("core.json", "model", ..., "model is missing; write it anew"),
        ("core.json", "model", [1], "model must be an object, found a list"),
        ("core.json", "pipeline", -1, "pipeline must be a whole number of 0 or more.*found -1"),
        ("core.json", "pipeline", True, "pipeline must be .*found true"),
        ("core.json", "pipeline", 1 << 53, "pipeline must be .*below 2\\^53"),
        (
            "core.json",
            "model.training.widths",
            [1, "a"],
            r"widths\[1\] must be a whole number",
        ),
        ("core.json", "model.classes", [1], r"model\.classes\[0\] must be a text, found 1"),
        (
            "core.json",
            "model.training.layers.1.mean",
            1.5,
            r"model\.training\.layers\[1\]\.mean must be a number from 0 to 1, found 1\.5",
        ),
        ("core.json", "model.training.layers.0.std", float("nan"), "std must be .*found NaN"),
        ("core.json", "model.training.test_accuracy", "good", 'test_accuracy must .* found "good"'),
        ("core.json", "netlist.cells", {"SB_LUT4": "x"}, r"cells\.SB_LUT4 must be"),
        ("core.json", "netlist.layers", {}, "netlist.layers must be a list, found an object"),
        ("core.json", "passes", [7], r"passes\[0\] must be an object, found 7"),
        (
            "core.json",
            "devices.hx8k.luts",
            0,
            r"hx8k\.luts must be a whole .* 1 or more",
        ),
        ("simulate.json", "checks.2.n_equal", 361, "n_equal is 361, more than the 360 samples"),
        ("simulate.json", "digest", 5, "digest must be a text, found 5"),
        ("synth/direct/synth.json", "levels", ..., "levels is missing; .* lutgen synth"),
    ],
)
def test_a_wrong_field_is_named(tmp_path, name, field, value, message) -> None:
    records = files()
    put(records[name], field, value)
    with pytest.raises(DataError, match=message) as caught:
        read_report(write_folder(tmp_path, records))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_faults_of_a_file_come_at_once(tmp_path) -> None:
    records = files()
    put(records["core.json"], "target", 5)
    put(records["core.json"], "model.n_luts", "many")
    with pytest.raises(DataError, match=r"target must be .*; model\.n_luts must be"):
        read_report(write_folder(tmp_path, records))


def test_a_foreign_file_does_not_flood_the_terminal(tmp_path) -> None:
    (tmp_path / "core.json").write_text('{"name": "something else"}')
    with pytest.raises(
        DataError, match=r"lutgen is missing; .*latency_cycles is missing"
    ) as caught:
        read_report(tmp_path)
    assert len(str(caught.value)) < 600 + len(str(tmp_path))


def test_control_characters_come_back_as_escapes(tmp_path) -> None:
    assert printable("a\x1b[2Jb\nc\u202e") == "a\\x1b[2Jb\\nc\\u202e"
    records = files()
    put(records["core.json"], "model.training.data", "\x1b]0;owned\x07")
    put(records["core.json"], "netlist.cells", {"\x1b[31mLUT": 3})
    report = read_report(write_folder(tmp_path, records))
    assert report.core.model.training.data == "\\x1b]0;owned\\x07"
    assert "\x1b" not in render_text(report)


def fields(record: Any, prefix: str = "") -> list[str]:
    """Return the path of every field, however deep."""
    items = record.items() if isinstance(record, dict) else enumerate(record)
    paths = []
    for name, value in items:
        paths.append(f"{prefix}{name}")
        if isinstance(value, dict | list):
            paths += fields(value, f"{prefix}{name}.")
    return paths


places = st.sampled_from([(name, field) for name, r in files().items() for field in fields(r)])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=places, value=json_values)
def test_any_value_anywhere_is_reported_or_shown(tmp_path: Path, place, value) -> None:
    name, field = place
    records = files()
    put(records[name], field, value)
    try:
        report = read_report(write_folder(tmp_path, records))
    except DataError as error:
        assert name in str(error)
    else:
        assert render_text(report)
        assert render_html(report).endswith("</html>\n")


def test_proofs_are_shown_and_open_ones_stand_out(tmp_path) -> None:
    records = files()
    records["core.json"]["luts_without_dont_cares"] = 1100
    report = read_report(write_folder(tmp_path, records))
    assert [proof.proved for proof in report.proof.proofs] == [True, True]
    text = render_text(report)
    assert "2 / 2 proved" in text and "model = Verilog" in text
    assert "1 100 LUTs, direct" in text
    left_open = records["proof.json"]["proofs"][1]
    left_open |= {"n_proved": 0, "n_open": 1}
    report = read_report(write_folder(tmp_path, records))
    assert [proof.proved for proof in report.proof.proofs] == [True, False]
    assert "1 / 2 proved" in render_text(report)
    assert [item["proved"] for item in report.to_json()["proof"]["proofs"]] == [True, False]
    left_open["counterexample"] = {"x": "2a", "output": 0, "expected": 1, "seen": 0}
    report = read_report(write_folder(tmp_path, records))
    text = " ".join(render_text(report).split())
    assert "model = Verilog: NOT EQUAL: y[0] is 0, expected 1, for x = 2a" in text
    left_open["n_proved"] = 2
    with pytest.raises(DataError, match=r"proofs\[1\]\.n_proved is 2, more than the 1 outputs"):
        read_report(write_folder(tmp_path, records))


def test_a_folder_without_proofs_says_so(tmp_path) -> None:
    records = files()
    del records["proof.json"]
    text = render_text(read_report(write_folder(tmp_path, records)))
    assert "Nothing proved: there is no proof.json in the folder. lutgen prove proves." in text
