"""Which bit means what, in headers and records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from strategies import random_network

from lutgen.core import CoreConfig, make_core
from lutgen.core.ports import ClassCode, InputBits, Ports, spelt, told
from lutgen.emit.forms import FORMS
from lutgen.jobs.emit import emit
from lutgen.jobs.report import write_report
from lutgen.learn.estimators.boosting import BoostedLutClassifier
from lutgen.model import LutNetwork
from lutgen.records.core import CORE_FILE, CoreRecord

EVIL = ["7", "a\nmodule evil; endmodule", "b */ endmodule", "c \\"]


def learnt(labels: list[object], names: tuple[str, ...] = ()) -> LutNetwork:
    rng = np.random.default_rng(0)
    X = rng.integers(0, 16, (80, 3))
    y = np.array(labels)[np.arange(80) % len(labels)]
    model = BoostedLutClassifier(
        k=3, luts_per_class=2, encoder="thresholds:4,8", random_state=0, n_jobs=1
    )
    return replace(model.fit(X, y).network_, feature_names=names)


@pytest.mark.parametrize("one_hot", [False, True])
def test_every_form_tells_the_classes(one_hot: bool, tmp_path: Path) -> None:
    core = make_core(learnt([3, -1, 7]), CoreConfig(one_hot=one_hot))
    for form in FORMS.values():
        text = form.write(core)
        assert "class 0 = -1, class 1 = 3, class 2 = 7" in (
            text if isinstance(text, str) else text.decode("latin-1")
        )
    emit(core, ("verilog",), folder=tmp_path)
    ports = CoreRecord.read(tmp_path / CORE_FILE).ports
    assert ports == Ports.of(core.interface)
    assert ports.classes[0] == ClassCode(0, "-1", "int") and ports.one_hot == one_hot
    report = write_report(tmp_path).text
    assert "y in binary" in report or one_hot
    assert "1 where it is 4.0 or more" in report


def test_bits_of_features_are_told_by_name() -> None:
    network = learnt([0, 1, 2], ("len", "w, h", "2"))
    core = make_core(network, CoreConfig(input_bits=4))
    assert 'bits     x[3:0] = len, x[7:4] = "w, h", x[11:8] = "2"' in core.header
    (first, second, *_) = Ports.of(make_core(network).interface).inputs
    assert first == InputBits(0, 1, 0, "len", 4.0) and second == InputBits(1, 1, 0, "len", 8.0)


def test_many_equal_features_are_told_in_one_line() -> None:
    network = random_network(np.random.default_rng(1), 40, [5, 1], 4)
    assert "bits     x[i] = feature i >= 0.5" in make_core(network).header
    core = make_core(learnt([0, 1, 2]), CoreConfig(input_bits=4))
    assert "bits     feature f at x[4*f +: 4]" in core.header


def test_texts_are_told_from_numbers_and_lists() -> None:
    assert told(ClassCode(0, "7", "int")) == "7"
    assert told(ClassCode(0, "7")) == '"7"'
    assert spelt("a, b") == '"a, b"' and spelt("") == '""' and spelt(" a") == '" a"'
    assert spelt("[/low]") == "[/low]"


@pytest.mark.parametrize("form", FORMS)
def test_labels_and_names_stay_in_their_comments(form: str) -> None:
    network = learnt(EVIL, ("x\nendmodule", "*/", "y\\"))
    plain = replace(network, feature_names=())
    plain = replace(plain, head=replace(plain.head, classes=np.arange(4)))

    def without_comments(network: LutNetwork) -> list[str]:
        text = FORMS[form].write(make_core(network, CoreConfig(chip="ice40")))
        text = text if isinstance(text, str) else text.decode("latin-1")
        body, _, _ = text.partition("\nc\n") if "aiger" in form else (text, "", "")
        body = body.partition("*/")[2] if form == "c" else body
        return [line for line in body.splitlines() if not line.startswith(("//", "#"))]

    assert without_comments(network) == without_comments(plain)
