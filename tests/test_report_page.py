"""The report's page in a browser: everybody can use it, and the LUTs on it are the model's."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import SCHEMES, WIDTHS, browser, open_page, report_of, violations
from needed import need_folder
from sklearn.datasets import load_diabetes, load_digits, load_wine

from lutgen import (
    BoostedLutClassifier,
    BoostedLutRegressor,
    CoreConfig,
    LutNetwork,
    MemorizationClassifier,
)
from lutgen.datasets.load import load_dataset
from lutgen.encode.encoder import Encoder
from lutgen.jobs.report import write_report
from lutgen.records.checks import SIMULATION_FILE, Check, Cycle, SimulationRecord

MOST_BYTES = 2_000_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as found:
        yield found


def digits() -> tuple[LutNetwork, np.ndarray, np.ndarray]:
    X, y = load_digits(return_X_y=True)
    model = BoostedLutClassifier(luts_per_class=5, encoder="thresholds:4,8,12", random_state=0)
    model.fit(X[:1000], y[:1000])
    return model.network_, X[1000:], y[1000:]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report with images, one of a small table, one of many layers: they show all there is."""
    folder = tmp_path_factory.mktemp("reports")
    network, X, y = digits()
    config = CoreConfig(chip="ice40", input_bits=5, pipeline=2)
    images = report_of(network, X, y, folder / "images", shape=(8, 8), config=config)
    cycles = tuple(Cycle(f"{i:x}", f"{i % 10:04b}") for i in range(16))
    SimulationRecord(
        digest=network.digest, checks=(Check("RTL simulation", 9, 9, cycles=cycles),)
    ).write(folder / "images" / SIMULATION_FILE)
    write_report(folder / "images")
    wine = load_wine(as_frame=True)
    table = BoostedLutClassifier(k=3, luts_per_class=3, random_state=0)
    table.fit(wine.data, wine.target)
    rows, labels = wine.data.to_numpy(), wine.target.to_numpy()
    small = report_of(table.network_, rows, labels, folder / "table")
    layers = MemorizationClassifier(
        4, (32, 16), random_state=0, encoder="threshold:8", cone_only=True
    )
    X, y = load_digits(return_X_y=True)
    layers.fit(X[:800], y[:800] > 4)
    deep = report_of(layers.network_, X[800:], y[800:] > 4, folder / "layers", shape=(8, 8))
    return {"images": images, "table": small, "layers": deep}


@pytest.mark.parametrize("name", ["images", "table", "layers"])
def test_everybody_can_use_the_page(chromium: Any, pages: dict[str, Path], name: str) -> None:
    assert pages[name].stat().st_size < MOST_BYTES
    for width, scheme in product(WIDTHS, SCHEMES):
        page = open_page(chromium, pages[name], width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        if name == "images" or (width, scheme) in ((400, "dark"), (1200, "light")):
            assert violations(page) == [], (width, scheme)
        assert page.said == []
        page.close()


def test_without_a_browser_tests_are_skipped_or_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("browsing.shutil.which", lambda name: None)
    for require, outcome in (("", pytest.skip.Exception), ("tools", pytest.fail.Exception)):
        monkeypatch.setenv("LUTGEN_REQUIRE", require)
        with pytest.raises(outcome, match=r"there is none of chromium, .* apt install"), browser():
            pass


def test_axe_finds_what_not_everybody_can_use(chromium: Any, pages: dict[str, Path]) -> None:
    page = open_page(chromium, pages["table"])
    bare = "label => label.replaceWith(label.lastChild)"
    page.evaluate(f"document.querySelectorAll('#fields label').forEach({bare})")
    assert any(found.startswith("label:") for found in violations(page))
    page.close()


def test_no_script_but_the_page_s_own_runs(chromium: Any, pages: dict[str, Path]) -> None:
    text = (
        pages["table"].read_text().replace("</main>", "<script>document.title = 1</script></main>")
    )
    spoilt = pages["table"].with_name("spoilt.html")
    spoilt.write_text(text)
    page = open_page(chromium, spoilt)
    assert page.title().endswith("lutgen report")
    assert any("Content Security Policy" in said for said in page.said)
    page.close()


RUN = "rows => rows.map(row => { const found = lutgen.run(row); return found.%s; })"


RUN_PIXELS = """text => {
  const pixels = Uint8Array.from(atob(text), c => c.charCodeAt(0)), found = [];
  for (let at = 0; at < pixels.length; at += 784)
    found.push(lutgen.run(pixels.subarray(at, at + 784)).number);
  return found;
}"""


def on_page(page: Any, X: np.ndarray, what: str) -> list[Any]:
    """Return what the page's network says of samples; NaN is written as null."""
    rows = [[None if np.isnan(v) else v for v in row] for row in X.astype(np.float64).tolist()]
    found: list[Any] = page.evaluate(RUN % what, rows)
    return found


def test_the_page_answers_as_the_model_does(chromium: Any, pages: dict[str, Path]) -> None:
    network, X, _ = digits()
    page = open_page(chromium, pages["images"])
    assert on_page(page, X, "number") == network.class_numbers(X).tolist()
    assert on_page(page, X[:50], "scores") == network.scores(X[:50]).tolist()
    signals = network.signals(network.encode(X[:50])).to_dense()
    assert on_page(page, X[:50], "signals.join('')") == ["".join(map(str, row)) for row in signals]
    page.close()


def test_a_wrong_table_on_the_page_is_noticed(chromium: Any, pages: dict[str, Path]) -> None:
    network, X, _ = digits()
    text = pages["images"].read_text()
    start = text.index('"tables": "') + len('"tables": "')
    length = text[start:].index('"')
    spoilt = pages["images"].with_name("wrong.html")
    spoilt.write_text(text[:start] + "_" * (length - 4) + text[start + length - 4 :])
    page = open_page(chromium, spoilt)
    assert on_page(page, X, "number") != network.class_numbers(X).tolist()
    page.close()


def test_other_heads_and_encoders_answer_as_the_model_does(chromium: Any, tmp_path: Path) -> None:
    X, y = load_diabetes(return_X_y=True)
    number = BoostedLutRegressor(k=4, luts_per_output=12, random_state=0).fit(X, y)
    page = open_page(chromium, report_of(number.network_, X, y, tmp_path / "sum"))
    found = np.array(on_page(page, X, "numbers"))[:, 0]
    assert found == pytest.approx(number.predict(X), rel=1e-12)
    assert on_page(page, X, "scores") == number.network_.scores(X).tolist()
    page.close()

    adder = LutNetwork.from_luts(2, [((0, 1), 0b0110), ((0, 1), 0b1000)], outputs=(2, 3, -1, -2, 0))
    bits = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    page = open_page(chromium, report_of(adder, bits, bits, tmp_path / "bits"))
    assert on_page(page, bits, "bits") == adder.predict(bits).tolist()
    page.close()

    wine = load_wine()
    holes = wine.data.copy()
    holes[np.random.default_rng(0).random(holes.shape) < 0.1] = np.nan
    lacking = BoostedLutClassifier(k=4, luts_per_class=6, missing="bit", random_state=0)
    lacking.fit(holes, wine.target)
    path = report_of(lacking.network_, holes, wine.target, tmp_path / "missing")
    page = open_page(chromium, path)
    assert on_page(page, holes, "number") == lacking.network_.class_numbers(holes).tolist()
    page.close()

    weights = np.array([1.0, 2.0, -4.0])
    code = Encoder("code", 1, np.zeros(3, np.int32), np.abs(weights))
    plain = LutNetwork.from_luts(3, [((0, 1, 2), 0b11001010)], encoder=code)
    values = np.arange(-4, 4)[:, None]
    page = open_page(chromium, report_of(plain, values, values, tmp_path / "code"))
    assert on_page(page, values, "bits") == plain.predict(values).tolist()
    page.close()


def test_all_test_images_of_mnist_are_answered_as_by_the_model(
    chromium: Any, tmp_path: Path
) -> None:
    folder = need_folder("data", "mnist").parent
    data = load_dataset("mnist", data_dir=folder, download=False)
    model = MemorizationClassifier(
        6, (64, 16), encoder="threshold:64", random_state=0, code="one-vs-rest"
    )
    model.fit(data.X_train[:4000], data.y_train[:4000])
    path = report_of(model.network_, data.X_test, data.y_test, tmp_path, shape=(28, 28))
    assert path.stat().st_size < MOST_BYTES
    page = open_page(chromium, path)
    pixels = base64.b64encode(data.X_test.astype(np.uint8).tobytes()).decode()
    found = page.evaluate(RUN_PIXELS, pixels)
    assert found == model.network_.class_numbers(data.X_test).tolist()
    assert len(found) == 10_000
    page.close()


def test_truth_tables_are_shown_by_keyboard_and_by_pointer(
    chromium: Any, pages: dict[str, Path]
) -> None:
    network, _, _ = digits()
    page = open_page(chromium, pages["images"])
    page.locator("#clear").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    names = network.lut_names()
    first = np.flatnonzero(network.reach(network.outputs[network.head.weights[0] != 0]))  # type: ignore[attr-defined]
    shown(page, network, int(first[2]))
    page.keyboard.press("End")
    last = np.flatnonzero(network.reach(network.outputs[network.head.weights[9] != 0]))  # type: ignore[attr-defined]
    shown(page, network, int(last[-1]))
    page.locator(f".tile[aria-label^='{names[first[1]]},']").hover()
    shown(page, network, int(first[1]))
    page.close()

    page = open_page(chromium, pages["table"])  # its LUTs are nodes of a graph
    page.locator("#clear").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.lut") == "0"
    page.keyboard.press("ArrowDown")
    assert page.locator("#lut-panel h3").text_content() == "LUT l1_n1"
    page.close()


def shown(page: Any, network: LutNetwork, lut: int) -> None:
    """Check that the panel shows a LUT: its name, wires and truth table, entry by entry."""
    panel = page.locator("#lut-panel")
    assert panel.locator("h3").text_content() == f"LUT {network.lut_names()[lut]}"
    cells = "[...document.querySelectorAll('#lut-panel td.bit')].map(cell => +cell.textContent)"
    assert page.evaluate(cells) == network.lut_table(lut).tolist()
    n_entries = 1 << int(network.fan_in[lut])
    init = f"INIT {n_entries}'h{network.lut_init(lut):0{max(1, n_entries // 4)}x}"
    assert init in panel.text_content()
    wires = panel.locator("li").all_text_contents()
    for wire, text in zip(network.lut_wires(lut).tolist(), wires, strict=True):
        feature = int(network.encoder.feature[wire])
        assert text.startswith(f"pixel {feature // 8},{feature % 8} ≥ ")
    assert panel.locator("td.now").count() == 1


def test_what_is_drawn_is_answered_by_the_very_luts(chromium: Any, pages: dict[str, Path]) -> None:
    network, _, _ = digits()
    page = open_page(chromium, pages["images"])
    page.locator("#board").scroll_into_view_if_needed()
    box = page.locator("#board").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 10, steps=8)
    page.mouse.up()
    drawn = np.array(page.evaluate("lutgen.sample"))
    assert drawn.max() > 12 and (drawn.reshape(8, 8)[:, 3:5].max(axis=1) > 0).all()
    assert not drawn.reshape(8, 8)[:, [0, 7]].any()
    assert page.locator("#answer").text_content() == str(network.predict(drawn[None])[0])
    scores = page.locator("#scores td.number").all_text_contents()
    assert list(map(int, scores)) == network.scores(drawn[None])[0].tolist()
    lit = page.locator(".tile.one").count()
    values = network.signals(network.encode(drawn[None])).to_dense()[0, network.n_inputs :]
    assert lit == values[network.cone].sum()

    page.locator("#clear").click()
    assert not any(page.evaluate("lutgen.sample"))
    page.locator("#board").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", " "):
        page.keyboard.press(key)
    dot = np.array(page.evaluate("lutgen.sample")).reshape(8, 8)
    assert dot[1, 1] == 16 and dot.sum() == 16
    assert page.locator("#place").text_content() == "row 1, column 1, 0"
    page.locator("#choice").select_option("3")
    assert "labelled 3" in page.locator("#answer").text_content()
    page.close()


def test_a_network_too_large_for_a_page_is_left_out_of_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for n_luts, is_live in ((20_000, True), (40_000, False)):
        block = (rng.integers(0, 784, (n_luts, 6)), rng.integers(0, 2, (n_luts, 64)))
        network = LutNetwork.from_arrays(784, [block], outputs=range(784, 784 + n_luts))
        network = replace(network, outputs=network.outputs[-1:])
        path = report_of(network, np.zeros((1, 784)), np.zeros(1), tmp_path / str(n_luts))
        text = path.read_text()
        assert ("network-data" in text) == is_live
        assert len(text.encode()) < MOST_BYTES
        if not is_live:
            assert "<script" not in text and "script-src" not in text
            continue
        data = text.split('id="network-data">')[1].split("</script>")[0]
        assert json.loads(data)["nInputs"] == 784
