"""A browser for the tests of pages, and reports of small models to look at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from needed import missing, need_module

from lutgen.core import CoreConfig
from lutgen.jobs.evaluate import score
from lutgen.jobs.hardware import write_core
from lutgen.jobs.report import HTML, write_report
from lutgen.jobs.samples import Chosen
from lutgen.model import Bits, LutNetwork

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTHS = (400, 1200)
SCHEMES = ("light", "dark")


@contextmanager
def browser() -> Iterator[Any]:
    """Start a browser without a window; skip, or fail, where there is none."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing("tools", f"there is none of {', '.join(BROWSERS)} on PATH; apt install chromium")
    need_module("axe_playwright_python.sync_playwright", "pip install 'lutgen[dev]'")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path)
        yield found
        found.close()


def open_page(browser: Any, path: Path, width: int = 1200, scheme: str = "light") -> Any:
    """Open a page; what its console says is gathered in ``page.said``."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.said = []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.goto(path.as_uri())
    return page


def violations(page: Any) -> list[str]:
    """Return what axe finds on a page: what not everybody can use."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{item['id']}: {item['nodes'][0]['html'][:200]}" for item in found]


def report_of(
    network: LutNetwork,
    X: np.ndarray,
    y: np.ndarray,
    folder: Path,
    *,
    shape: tuple[int, ...] = (),
    config: CoreConfig | None = None,
) -> Path:
    """Write the report of a model that was measured on samples; return its page."""
    write_core(network, config, folder)
    if not isinstance(network.head, Bits):
        score(network, Chosen("samples", "test", "", X, y, shape), folder)
    write_report(folder)
    return folder / HTML
