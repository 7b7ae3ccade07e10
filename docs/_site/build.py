"""Builds the site: puts the repository's Markdown pages together, adds the references, runs Sphinx.

``python docs/_site/build.py`` writes ``build/site``. Pages are the Markdown files of ``docs/`` and
the few outside of it that :data:`PAGES` names; they stay readable where they lie. The order of the
site is that of the lists in ``docs/README.md``; a page that no list names comes under "More".
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import reference

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {
    "docs/README.md": "index.md",
    "benchmarks/README.md": "benchmarks.md",
    "boards/README.md": "board-files.md",
    "hdl/README.md": "shells.md",
    "sim/README.md": "simulation.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "README.md": "index.md",
}
"""Pages that stand elsewhere in the repository than on the site; of two, the first is taken."""

REFERENCE = "Reference"
"""The part of the site that is made of the program itself."""

LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def main() -> None:
    """Build the site and say where it lies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", "-o", type=Path, default=ROOT / "build" / "site")
    parser.add_argument("--links", action="store_true", help="check links to other sites instead")
    chosen = parser.parse_args()
    source = chosen.output.with_name(chosen.output.name + "-source")
    assemble(source, os.environ.get("GITHUB_REPOSITORY", ""))
    builder = "linkcheck" if chosen.links else "html"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "--builder", builder, "--conf-dir", DOCS / "_site"),
            *("--fail-on-warning", "--keep-going", "--quiet", source, chosen.output),
        ],
        check=False,
    )
    if done.returncode:
        sys.exit(done.returncode)
    print(chosen.output / ("output.txt" if chosen.links else "index.html"))


def assemble(out: Path, repository: str = "") -> None:
    """Write the sources of the site, made anew.

    Parameters
    ----------
    out : Path
        Folder for them.
    repository : str
        ``owner/name`` on GitHub, which links to other files of the repository go to. Without it
        such links are their text alone.
    """
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(DOCS, out, ignore=shutil.ignore_patterns("_site", "README.md", "*.ipynb"))
    for path, page in site_pages().items():
        text = relinked((ROOT / path).read_text(encoding="utf-8"), path, repository)
        (out / page).write_text(text, encoding="utf-8")
    made = reference.write(out / "reference")
    index = out / "index.md"
    text = index.read_text(encoding="utf-8")
    index.write_text(text + contents(text, {*site_pages().values()}, made), encoding="utf-8")


def site_pages() -> dict[str, str]:
    """Return the page of the site that each Markdown file of the repository becomes."""
    pages: dict[str, str] = {}
    for path, page in PAGES.items():
        if page not in pages.values():
            pages[path] = page
    for path in sorted(DOCS.rglob("*.md")):
        name = path.relative_to(DOCS).as_posix()
        if name != "README.md" and not name.startswith("_site"):
            pages[f"docs/{name}"] = name
    return pages


def relinked(text: str, path: str, repository: str) -> str:
    """Return a page whose links go where their targets are on the site.

    Parameters
    ----------
    path : str
        Where the page is in the repository.
    repository : str
        See :func:`assemble`.
    """
    pages = PAGES | site_pages()
    page = PurePosixPath(pages[path])

    def replaced(found: re.Match[str]) -> str:
        image, label, target = found.groups()
        file, _, anchor = target.partition("#")
        if not file or re.match(r"[a-z]+:", file):
            return found[0]
        there = os.path.normpath(PurePosixPath(path).parent / file)
        anchor = f"#{anchor}" if anchor else ""
        if there in pages or there.startswith("docs/"):
            to = pages.get(there, there.removeprefix("docs/"))
            return f"{image}[{label}]({os.path.relpath(to, page.parent)}{anchor})"
        if repository:
            return f"{image}[{label}](https://github.com/{repository}/blob/main/{there}{anchor})"
        return label

    return "".join(part if code else LINK.sub(replaced, part) for part, code in parted(text))


def parted(text: str) -> Iterator[tuple[str, bool]]:
    """Split a page into what is written and its code blocks."""
    end = 0
    for block in FENCE.finditer(text):
        yield text[end : block.start()], False
        yield block[0], True
        end = block.end()
    yield text[end:], False


def contents(index: str, pages: set[str], made: list[str]) -> str:
    """Return the tables of contents: one for each list of the index, the references, the rest.

    Parameters
    ----------
    index : str
        The front page.
    pages : set of str
        All pages of the site.
    made : list of str
        Pages of the reference.
    """
    rest = pages - {"index.md"}
    parts: dict[str, list[str]] = {}
    for heading, section in re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", index, re.MULTILINE):
        names = [link[2].partition("#")[0] for link in LINK.findall(section)]
        parts[heading] = list(dict.fromkeys(name for name in names if name in rest))
        rest -= set(names)
    parts[REFERENCE] = made + parts.get(REFERENCE, [])
    parts["More"] = parts.pop("More", []) + sorted(rest)
    links = "".join(
        f"- [{label}]({page})\n" for page, label in zip(made, reference.TITLES, strict=False)
    )
    return f"\n## {REFERENCE}\n\n{links}" + "".join(
        f"\n```{{toctree}}\n:hidden:\n:caption: {heading}\n\n" + "\n".join(names) + "\n```\n"
        for heading, names in parts.items()
        if names
    )


if __name__ == "__main__":
    main()
