"""Which bit means what, in headers and records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from strategies import random_network

from lutgen.core import CoreConfig, make_core
from lutgen.core.ports import ClassCode, InputBits, Ports, spelt, told
from lutgen.emit.forms import FORMS, forms_of
from lutgen.emit.vectors import vectors
from lutgen.encode.encoder import fit_encoder
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
    for name in forms_of(core):
        text = FORMS[name].write(core)
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


def test_bits_of_missing_values_are_told(tmp_path: Path) -> None:
    X = np.array([[0, 1.0], [3, np.nan], [6, 2]])
    encoder = fit_encoder("thresholds:4", X, missing="bit")
    assert encoder.missing is not None
    other = replace(encoder, missing=encoder.missing | [True, False, True], nullable=None)
    for own, bits in (
        (encoder, "x[0] = age >= 4.0, x[1] = size >= 4.0, x[2] = size is missing"),
        (other, "x[0] = age >= 4.0 or missing, x[1] = size >= 4.0, x[2] = size is missing"),
    ):
        network = LutNetwork.from_luts(
            3, [((0, 1, 2), 0b10010110)], encoder=own, feature_names=("age", "size")
        )
        core = make_core(network)
        assert f"bits     {bits}" in core.header
        emit(core, ("verilog",), folder=tmp_path)
        assert CoreRecord.read(tmp_path / CORE_FILE).ports == Ports.of(core.interface)
        assert "1 where it is missing" in write_report(tmp_path).text
    assert [item.missing for item in Ports.of(make_core(network).interface).inputs] == [
        True, False, True
    ]  # fmt: skip


def test_columns_of_texts_are_told_in_every_form() -> None:
    network = learnt([0, 1], ("a", "c=red, blue", "c=*/"))
    network = replace(network, categories={"c": ("red, blue", "*/")})
    core = make_core(network, CoreConfig(input_bits=4))
    line = 'column   c: "red, blue", *\\x2f'
    assert line in core.header
    for name in forms_of(core):
        text = FORMS[name].write(core)
        assert line in (text if isinstance(text, str) else text.decode("latin-1"))
    bits = core.interface.samples(np.zeros((2, 3)))
    for text in vectors(bits, core.interface.answers(bits), core.header).values():
        comment = [at for at in text.splitlines() if at.startswith("//")]
        assert f"// {line}" in comment and len(text.splitlines()) == len(comment) + 2
    amaranth = pytest.importorskip("lutgen.emit.amaranth")
    for component in (amaranth.LutNetworkFunction, amaranth.LutNetworkCore):
        made = component(network, input_bits=4)
        assert line in made.__doc__
        amaranth.rtlil.convert(made)  # what is made wants to be used
    assert line in amaranth.emit_rtlil(core)


def test_texts_are_told_from_numbers_and_lists() -> None:
    assert told(ClassCode(0, "7", "int")) == "7"
    assert told(ClassCode(0, "7")) == '"7"'
    assert spelt("a, b") == '"a, b"' and spelt("") == '""' and spelt(" a") == '" a"'
    assert spelt("[/low]") == "[/low]"


@pytest.mark.parametrize("form", [name for name in FORMS if name != "tables"])
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
