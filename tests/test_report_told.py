"""What the report tells of answers, structure, waveform and changes: the numbers are right."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browsing import report_of
from report_samples import DIGEST, core_record, files, write_folder
from sklearn.datasets import load_digits

from lutgen import BoostedLutClassifier, LutNetwork, MemorizationClassifier
from lutgen.core.ports import ClassCode
from lutgen.jobs.evaluate import score
from lutgen.jobs.samples import Chosen
from lutgen.model import Argmax
from lutgen.model.structure import feature_reads, levels, parts_of, wires_between_layers
from lutgen.records.checks import Cycle
from lutgen.records.learnt import EVALUATION_FILE, EvaluationRecord
from lutgen.records.tune import Candidate, SearchRecord, TuneRecord
from lutgen.report.drawings import can_draw_graph, draw_graph, draw_pixels, draw_waveform
from lutgen.report.folder import read_report
from lutgen.report.render_html import render_html
from lutgen.report.render_text import render_text
from lutgen.report.table import Section
from lutgen.report.told import change_sections, class_tables, network_section


def layered() -> LutNetwork:
    """Two inputs, two layers, and a LUT that no output depends on."""
    luts = [((0, 1), 0b0110), ((0, 2), 0b1000), ((1, 2), 0b1), ((3, 0, 4), 0b10010110)]
    return LutNetwork.from_luts(3, luts, layers=[1, 1, 1, 2])


def evaluation() -> EvaluationRecord:
    return EvaluationRecord(
        digest=DIGEST,
        data="d",
        part="test",
        n_samples=10,
        n_correct=7,
        classes=("cat", "dog"),
        confusion=((3, 1), (2, 4)),
        calibration_error=0.125,
    )


def test_recall_and_precision_are_those_of_the_confusion_matrix() -> None:
    (table,) = class_tables(evaluation())
    assert table.columns == ("true \\ answered", ">cat", ">dog", ">recall")
    assert table.rows == (
        ("cat", "3", "1", "75.0 %"),
        ("dog", "2", "4", "66.7 %"),
        ("precision", "60.0 %", "80.0 %", ""),
    )
    assert table.shades[0] == (0.75, 0.25, 0.0)


def test_of_many_classes_recall_and_precision_alone_are_shown() -> None:
    n = 30
    confusion = tuple(tuple(int(i == j) for j in range(n)) for i in range(n))
    names = tuple(map(str, range(n)))
    record = replace(evaluation(), n_samples=n, n_correct=n, classes=names, confusion=confusion)
    (table,) = class_tables(record)
    assert table.rows[7] == ("7", "1", "100.0 %", "100.0 %")


def test_a_class_that_no_sample_has_divides_nothing_by_zero() -> None:
    record = replace(evaluation(), n_samples=3, n_correct=3, confusion=((3, 0), (0, 0)))
    (table,) = class_tables(record)
    assert [row[-1] for row in table.rows] == ["100.0 %", "", ""]


def test_what_layers_read_is_counted_of_the_cone(tmp_path: Path) -> None:
    network = layered()
    assert wires_between_layers(network).tolist() == [[0, 0, 0], [4, 0, 0], [1, 2, 0]]
    assert feature_reads(network).tolist() == [3, 1, 1]
    assert levels(network).tolist() == [1, 1, 1, 2]
    report = replace(read_report(write_folder(tmp_path, files())), network=network)
    section = network_section(report)
    assert ("LUTs", "3 that reach the output") in section.facts
    features, wires = section.tables
    assert features.rows[0] == ("0", "", "0.5", "3")
    assert wires.rows == (("1", "4", ""), ("2", "1", "2"))


def test_parts_are_the_luts_that_speak_for_a_class() -> None:
    luts = [((0, 1), 6), ((1, 2), 8), ((0, 2), 1)]
    network = LutNetwork.from_luts(3, luts, outputs=(3, 4, 5), head=Argmax.groups(3, 3))
    assert {name: luts.tolist() for name, luts in parts_of(network).items()} == {
        "0": [True, False, False], "1": [False, True, False], "2": [False, False, True],
    }  # fmt: skip
    shared = replace(network, head=Argmax.votes([[1, 1, 1], [2, 1, 1], [1, 1, 2]]))
    assert parts_of(shared) == {}


def test_the_graph_has_each_lut_and_each_wire() -> None:
    network = layered()
    assert can_draw_graph(network)
    svg = draw_graph(network)
    assert re.findall(r'data-lut="(\d)"', svg) == ["0", "1", "3"]
    assert svg.count("C") == 2 + 2 + 3 + 1  # curves: those of the LUTs, and one to the output
    wide = LutNetwork.from_luts(64, [((i, i + 1), 6) for i in range(60)], outputs=range(64, 124))
    assert not can_draw_graph(wide)


def test_pixels_are_shaded_by_the_wires_that_read_them() -> None:
    reads = np.array([0, 8, 0, 4])
    svg = draw_pixels(reads, {"<a>": np.array([0, 0, 0, 1])}, (2, 2))
    assert 'fill-opacity="1.0" d="M1 0h1v1h-1z"' in svg
    assert 'fill-opacity="0.5" d="M1 1h1v1h-1z"' in svg
    assert "2 of 4 pixels are read, most often that of row 0, column 1, by 8 wires" in svg
    assert "&lt;a&gt;" in svg


def test_the_waveform_has_the_values_at_the_ports_in_their_cycles() -> None:
    cycles = [Cycle("a", "xx"), Cycle("b", "01"), Cycle("c", "10")]
    svg = draw_waveform(cycles, 1, [ClassCode(1, "cat"), ClassCode(2, "dog")])
    told = re.findall(r"<title>([^<]*)</title>", svg)
    assert told == [
        "cycle 0, sample 0: x = a", "cycle 0, of no sample: y = xx",
        "cycle 1, sample 1: x = b", "cycle 1, answer to sample 0: y = 01",
        "cycle 2, sample 2: x = c", "cycle 2, answer to sample 1: y = 10",
    ]  # fmt: skip
    assert "latency 1; answers s0: cat, s1: dog" in svg
    assert "clk" in svg and "clk" not in draw_waveform(cycles, 0)


def changed(tmp_path: Path, sizes: dict | None) -> Section:
    record = core_record()
    record["model"]["training"]["optimised"] = {
        "original": "ab" * 32,
        "policy": "unseen",
        "validation": {"accuracy_before": 0.9, "accuracy_after": 0.8975},
        **({"sizes": sizes} if sizes else {}),
    }
    (section,) = change_sections(read_report(write_folder(tmp_path, {"core.json": record})))
    return section


def test_a_smaller_model_is_set_beside_the_one_before(tmp_path: Path) -> None:
    sizes = {
        "network": {"luts_before": 40, "luts_after": 30, "inputs_before": 240, "inputs_after": 120},
        "chip": "ice40",
        "cells": {"before": {"SB_LUT4": 200}, "after": {"SB_LUT4": 100}},
        "test_accuracy": {"before": 0.9, "after": 0.895},
    }
    (table,) = changed(tmp_path / "new", sizes).tables
    assert table.rows == (
        ("LUTs of the network", "40", "30", "-25.0 %"),
        ("their inputs", "240", "120", "-50.0 %"),
        ("SB_LUT4 on ice40", "200", "100", "-50.0 %"),
        ("accuracy, held out", "0.9000", "0.8975", "-0.25 points"),
        ("accuracy, test", "0.9000", "0.8950", "-0.50 points"),
    )
    assert "not known" in changed(tmp_path / "old", None).lines[0]


def test_the_search_that_a_model_came_of_is_shown(tmp_path: Path) -> None:
    search = SearchRecord(lutgen="1", data="digits", samples="", estimator="boost", folds=3, seed=0)
    candidates = tuple(
        Candidate(parameters={}, scores=(s, s), luts=n, digest=digest)
        for s, n, digest in ((0.9, 100, "a"), (0.95, 300, DIGEST), (0.94, 400, "b"))
    )
    record = TuneRecord(search=search, candidates=candidates, chosen=1, max_luts=300)
    folder = write_folder(tmp_path, files())
    record.write(folder / "tune.json")
    report = read_report(folder)
    (section,) = change_sections(report)
    assert [row[0] + row[3] for row in section.tables[0].rows] == ["100", "300chosen"]
    assert "Trials of tune" in render_html(report)
    replace(record, chosen=0).write(folder / "tune.json")
    report = read_report(folder)
    assert report.tune is None and report.left_out[-1].file == "tune.json"


def test_answers_of_another_model_take_no_part(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, files())
    text = " ".join(render_text(read_report(folder)).split())
    assert "Not measured on samples: there is no evaluation.json in the folder" in text
    assert "Not shown: there is no network.npz in the folder" in text
    evaluation().write(folder / EVALUATION_FILE)
    assert "0.7000, 7 / 10 right" in render_text(read_report(folder))
    replace(evaluation(), digest="ab" * 32).write(folder / EVALUATION_FILE)
    layered().save(folder / "network.npz")
    report = read_report(folder)
    assert report.evaluation is None and report.network is None
    assert "Not measured on samples: evaluation.json is not of this core.json" in " ".join(
        render_text(report).split()
    )
    assert [item.file for item in report.left_out] == ["network.npz", EVALUATION_FILE]
    assert report.to_json()["evaluation"] is None and "network" not in report.to_json()


def test_a_model_is_measured_with_its_calibration_and_examples(tmp_path: Path) -> None:
    X, y = load_digits(return_X_y=True)
    model = BoostedLutClassifier(luts_per_class=3, encoder="thresholds:8", random_state=0)
    network = model.fit(X[:900], y[:900]).network_
    chosen = Chosen("digits", "test", "", X[900:], y[900:], (8, 8))
    record = score(network, chosen, tmp_path)
    assert isinstance(record, EvaluationRecord)
    assert EvaluationRecord.read(tmp_path / EVALUATION_FILE) == record
    assert sum(part.n_samples for part in record.calibration) == len(chosen.y) == record.n_samples
    right = sum(part.right * part.n_samples for part in record.calibration)
    assert right == pytest.approx(record.n_correct)
    error = sum(part.n_samples * abs(part.probability - part.right) for part in record.calibration)
    assert error / record.n_samples == pytest.approx(record.calibration_error)
    assert record.feature_shape == (8, 8)
    for item in record.examples:
        assert item.answer == str(network.predict([item.features])[0])
    assert {item.label for item in record.examples} == set(map(str, range(10)))
    assert any(item.label != item.answer for item in record.examples)
    assert score(network, chosen).examples == ()  # type: ignore[union-attr]


def test_the_same_reports_are_the_same_bytes(tmp_path: Path) -> None:
    X, y = load_digits(return_X_y=True)
    model = MemorizationClassifier(4, (16,), random_state=0, encoder="threshold:8", cone_only=True)
    network = model.fit(X[:500], y[:500] > 4).network_
    first, second = (
        report_of(network, X[500:], y[500:] > 4, tmp_path / name, shape=(8, 8)).read_bytes()
        for name in ("a", "b")
    )
    assert first == second


def test_names_of_features_and_classes_are_no_markup(tmp_path: Path) -> None:
    evil = "</script><script>alert(1)</script>"
    network = LutNetwork.from_luts(
        2,
        [((0, 1), 6), ((0, 1), 8)],
        outputs=(2, 3),
        head=Argmax.groups(2, 2, classes=[evil, "b"]),
        feature_names=[evil, "other"],
    )
    y = np.array([evil, "b"])
    text = report_of(network, np.array([[0, 1], [1, 1]]), y, tmp_path).read_text()
    assert "<script>alert" not in text
    data = text.split('id="network-data">')[1].split("</script>")[0]
    assert json.loads(data)["names"][0] == evil


def test_labels_that_are_not_the_model_s_leave_accuracy_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from lutgen.cli.hardware import _score

    network = LutNetwork.from_luts(2, [((0, 1), 6)], head=Argmax.class_number(["no", "yes"]))
    X = np.array([[0, 1], [1, 1]])
    _score(network, Chosen("mine", "all", "", X, np.array(["yes", "maybe"])), tmp_path)
    assert "accuracy is left out of the report: mine: label 'maybe' is not one" in caplog.text
    assert not list(tmp_path.iterdir())
    _score(network, Chosen("mine", "all", "", X, np.array(["yes", "no"])), tmp_path)
    assert EvaluationRecord.read(tmp_path / EVALUATION_FILE).accuracy == 1
