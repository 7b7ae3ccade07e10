"""The site: it builds without a warning, links lead somewhere, records make the figures.

Also every link among the Markdown files as GitHub shows them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import pytest

import lutgen
from lutgen.cli.app import COMMANDS

ROOT = Path(__file__).parents[1]
SITE = ROOT / "docs" / "_site"
MARKDOWN_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\((?![a-z]+:)([^()\s]+)\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def load(path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return a script as a module, its neighbours importable."""
    monkeypatch.syspath_prepend(path.parent)
    spec = importlib.util.spec_from_file_location(f"script_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # dataclasses look for their own
    spec.loader.exec_module(module)
    return module


class Page(HTMLParser):
    """The addresses that a page names, and the places in it that have a name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.names.add(value)
            elif name in ("href", "src") and value:
                self.targets.append(value)


def dead_links(site: Path) -> list[str]:
    """Return the links of a built site that lead to no file, or to no place in it."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    dead = []
    for path, page in pages.items():
        for target in page.targets:
            if re.match(r"[a-z]+:|//", target):
                continue
            file, _, anchor = unquote(target).partition("#")
            file = file.partition("?")[0]
            there = path if not file else Path(os.path.normpath(path.parent / file))
            is_there = there.is_file()
            if is_there and anchor and there in pages:
                is_there = anchor in pages[there].names
            if not is_there:
                dead.append(f"{path.relative_to(site)}: {target}")
    return dead


@pytest.fixture(scope="module", name="site")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("furo", reason="the site needs pip install '.[docs]'")
    out = tmp_path_factory.mktemp("built") / "site"
    done = subprocess.run(
        [sys.executable, SITE / "build.py", "--output", out],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.strip() == str(out / "index.html")
    return out


def test_every_link_of_the_site_leads_somewhere(site: Path) -> None:
    assert len(list(site.rglob("*.html"))) > 40
    assert dead_links(site) == []


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    names = Page((site / "reference" / "python.html").read_text(encoding="utf-8")).names
    for name in lutgen.__all__:
        assert name == "__version__" or f"lutgen.{name}" in names, name


def test_every_command_and_option_is_in_the_reference(site: Path) -> None:
    text = (site / "reference" / "cli.html").read_text(encoding="utf-8")
    names = Page(text).names
    assert set(COMMANDS) <= names
    assert "--fmax-target" in text and "--post-synthesis" in text


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="b.html#there"></a><a href="b.html#no"></a>')
    (tmp_path / "b.html").write_text('<p id="there"></p><img src="none.png">')
    assert sorted(dead_links(tmp_path)) == ["a.html: b.html#no", "b.html: none.png"]


def test_a_page_that_is_not_listed_is_in_the_contents(monkeypatch: pytest.MonkeyPatch) -> None:
    build = load(SITE / "build.py", monkeypatch)
    index = "# x\n\n## Start\n\n- [one](one.md)\n- [out](https://a.b)\n"
    text = build.contents(index, {"index.md", "one.md", "two.md"}, ["reference/cli.md"])
    parts = re.findall(r":caption: (\w+)\n\n(.*?)\n```", text, re.DOTALL)
    assert parts == [("Start", "one.md"), ("Reference", "reference/cli.md"), ("More", "two.md")]


def test_links_of_a_page_go_where_their_targets_are_on_the_site(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build = load(SITE / "build.py", monkeypatch)
    links = "[a](../boards.md#x) [b](../../hdl/README.md) [c](../../lutgen/bits.py)"
    text = f"{links}\n```\n[d](e.md)\n```"
    here = "docs/tutorials/csv.md"
    assert build.relinked(text, here, "") == (
        "[a](../boards.md#x) [b](../shells.md) c\n```\n[d](e.md)\n```"
    )
    assert "https://github.com/some/one/blob/main/lutgen/bits.py" in build.relinked(
        text, here, "some/one"
    )


def test_every_link_among_the_markdown_files_leads_somewhere() -> None:
    found = list(markdown_files())
    assert ROOT / "docs" / "README.md" in found
    assert dead_markdown_links(found) == []


def markdown_files() -> Iterator[Path]:
    """Yield the repository's Markdown files."""
    for path in sorted(ROOT.rglob("*.md")):
        parts = path.relative_to(ROOT).parts
        if not {"build", "node_modules"} & set(parts) and not parts[0].startswith("."):
            yield path


def dead_markdown_links(paths: list[Path]) -> list[str]:
    """Return the links that lead to no file, or to no heading, as GitHub names them."""
    dead = []
    for path in paths:
        text = CODE.sub("", path.read_text(encoding="utf-8"))
        for target in MARKDOWN_LINK.findall(text):
            file, _, anchor = unquote(target).partition("#")
            there = path.parent / file if file else path
            is_there = there.exists()
            if is_there and anchor and there.suffix == ".md":
                is_there = anchor in headings(there)
            if not is_there:
                dead.append(f"{path}: {target}")
    return dead


def headings(path: Path) -> set[str]:
    """Return the anchors of a file's headings as GitHub makes them."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    found: dict[str, int] = {}
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = found[name] = found.get(name, -1) + 1
        if count:
            found[f"{name}-{count}"] = 0
    return set(found)


def test_a_dead_markdown_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text("# The one\n[x](#the-one) [y](#two) [z](b.md) `[w](c.md)`\n")
    assert dead_markdown_links([page]) == [f"{page}: #two", f"{page}: b.md"]


def test_the_readme_has_the_table_that_the_records_give(monkeypatch: pytest.MonkeyPatch) -> None:
    made = load(ROOT / "benchmarks" / "readme.py", monkeypatch)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert made.renewed(text) == text, "run python benchmarks/readme.py"
    with pytest.raises(ValueError, match=r"needs 1 table\(s\) of readme\.py"):
        made.renewed("# nothing")


def test_the_trend_is_that_of_the_records(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    short = load(ROOT / "benchmarks" / "short.py", monkeypatch)
    found: list[dict[str, Any]] = short.records()
    assert found and all(record["luts"] and record["machine"]["load"] >= 0 for record in found)
    text = (ROOT / "docs" / "trend.md").read_text(encoding="utf-8")
    assert short.page(found) == text, "run python benchmarks/short.py --page"
    worse = [*found, found[-1] | {"date": "2999-01-01T0000", "luts": {"digits, ice40": 9_999}}]
    short.write_page(worse, tmp_path)
    assert "9,999" in (tmp_path / "trend.md").read_text(encoding="utf-8")
    assert (tmp_path / "trend.svg").stat().st_size > 1000


@pytest.mark.parametrize(
    "script", ["chips", "emit", "faults", "reloading", "simulation", "thresholds"]
)
def test_tables_of_pages_are_those_of_their_records(
    script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = load(ROOT / "benchmarks" / f"{script}.py", monkeypatch)
    page = made.PAGE.read_text(encoding="utf-8")
    record = json.loads(made.RECORD.read_text(encoding="utf-8"))
    assert made.renewed(page, record) == page, f"benchmarks/{script}.py writes it anew"
    text = made.RECORD.read_text(encoding="utf-8")
    other = json.loads(
        re.sub(r'("(?:luts|peak_mb|run_seconds|encoder)": (?:\[\s*)?)', r"\g<1>1", text)
    )
    assert made.renewed(page, other) != page


def test_a_page_without_a_place_for_a_table_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = load(ROOT / "benchmarks" / "pages.py", monkeypatch)
    begin = "<!-- made by benchmarks/some.py -->"
    place = f"{begin}\nold\n<!-- end -->"
    text = f"# A page\n\n{place}\n\nand\n\n{place}\n"
    new = pages.renewed(text, "some", ["| a |", "| b |"])
    assert new == text.replace("old", "| a |", 1).replace("old", "| b |")
    for faulty in (text.replace(begin, "", 1), text + place, text + begin):
        with pytest.raises(ValueError, match=r"needs 2 table\(s\) of some.py, each between <!--"):
            pages.renewed(faulty, "some", ["| a |", "| b |"])
