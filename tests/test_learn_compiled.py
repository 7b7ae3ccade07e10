"""Kernels are compiled once, and anew where what they take in from other files has changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_imports import MODULES, imports, module_name

from lutgen.learn.compiled import SOURCES, sources_digest

HELPER = "from numba import njit\n@njit(inline='always')\ndef step(x):\n    return x + {step}\n"
KERNEL = """
from helper import step
from lutgen.learn.compiled import njit

@njit(nogil=True, cache=True)
def run(x):
    return step(x)
"""
SCRIPT = """
from pathlib import Path
from lutgen.learn import compiled
compiled.SOURCES = (Path("helper.py"), Path("kernel.py"))
import kernel
print(kernel.run(10), sum(kernel.run.stats.cache_hits.values()))
"""


def run(folder: Path) -> list[str]:
    path = os.pathsep.join([str(folder), *sys.path])
    environment = os.environ | {"PYTHONPATH": path, "NUMBA_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_what_is_inlined_from_another_file_counts(tmp_path: Path) -> None:
    (tmp_path / "kernel.py").write_text(KERNEL)
    (tmp_path / "helper.py").write_text(HELPER.format(step=1))
    assert run(tmp_path) == ["11", "0"]
    assert run(tmp_path) == ["11", "1"]
    (tmp_path / "helper.py").write_text(HELPER.format(step=2))
    assert run(tmp_path) == ["12", "0"]


@pytest.mark.parametrize("place", range(len(SOURCES)))
def test_each_source_counts(place: int, tmp_path: Path) -> None:
    copies = []
    for number, source in enumerate(SOURCES):
        copies.append(tmp_path / f"{number}.py")
        copies[-1].write_bytes(source.read_bytes())
    assert sources_digest(copies) == sources_digest(SOURCES)
    copies[place].write_bytes(copies[place].read_bytes() + b"#")
    assert sources_digest(copies) != sources_digest(SOURCES)


def test_all_that_kernels_take_in_is_among_the_sources() -> None:
    """Files with kernels, and what these import, but for those that have no number for them."""
    beside = {"lutgen.learn.compiled", "lutgen.learn.executor"}
    wanted = set()
    for path in MODULES:
        found = imports(path)
        if "lutgen.learn.compiled" in found and "import njit" in path.read_text():
            wanted.add(module_name(path))
            wanted |= {name for name in found if name.startswith("lutgen.learn.")}
    assert wanted - beside == {module_name(path) for path in SOURCES}
