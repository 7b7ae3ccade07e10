"""The pictures of studies: SVG whose bytes depend on the numbers alone."""

import re

from lutgen.studies.plot import Bars, Curve, Image, Panel, draw

SETTINGS = (1, 2, 4, 8)


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def panel(y: tuple[float, ...] = (0.1, 0.2, 0.4, 0.8), log: str = "x") -> Panel:
    curve = Curve("ours", SETTINGS, y)
    return Panel("A title", "depth", "accuracy", (curve, Curve("theirs", SETTINGS, y, "--")), log)


def test_equal_numbers_give_equal_bytes_and_others_do_not() -> None:
    assert draw([panel()]) == draw([panel()])
    assert draw([panel()]) != draw([panel((0.1, 0.2, 0.4, 0.7))])


def test_lettering_is_text_and_ticks_are_the_settings() -> None:
    found = texts(draw([panel()]))
    assert {"A title", "depth", "accuracy", "ours", "theirs", "1", "2", "4", "8"} <= set(found)


def test_settings_too_close_for_ticks_are_not_marked() -> None:
    near = Panel("", "n", "", (Curve("", (1, 2, 1000), (0, 1, 2)),))
    assert "2" not in texts(draw([near]))[:3]


def test_numbers_are_written_into_an_image_and_empty_places_are_not() -> None:
    image = Image("", ((0.25, None), (0.75, 0.5)), ("plane", "auto"), numbers=True)
    found = texts(draw([image]))
    assert sum(t in ("0.25", "0.75", "0.50") for t in found) == 3
    assert found.count("plane") == 2 and "nan" not in found


def test_bars_leave_out_what_is_missing() -> None:
    groups = {"ours": (0.91, None), "paper": (0.92, 0.93)}
    found = texts(draw([Bars("", ("forest", "net"), groups, (0.4, 1.0))]))
    numbers = sorted(t.strip() for t in found if re.fullmatch(r" ?0\.9[123]", t))
    assert numbers == ["0.91", "0.92", "0.93"]
    assert {"forest", "net", "ours", "paper"} <= set(found)
