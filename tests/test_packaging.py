"""What is in the wheel: the package and its assets, and nothing beside it in site-packages."""

import importlib.util
import re
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import Distribution, distribution, requires
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

from lutgen.chips.registry import families

ROOT = Path(__file__).parents[1]

# run by every interpreter of an environment: what macOS and Windows lack goes
ELSEWHERE = """
import ctypes, os, sys
sys.modules["fcntl"] = None
for name in ("sched_getaffinity", "getuid", "geteuid", "killpg", "setsid", "O_DIRECTORY"):
    if hasattr(os, name):
        delattr(os, name)
loaded = ctypes.CDLL
def library(name, *words, **named):
    if name is None:
        raise TypeError("there is no library without a name here")
    return loaded(name, *words, **named)
ctypes.CDLL = library
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", out, ROOT],
        check=True,
        capture_output=True,
    )
    (path,) = out.glob("*.whl")
    return zipfile.ZipFile(path)


def test_everything_lies_in_the_package(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"lutgen"}


def test_assets_travel_with_it(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    for asset in (
        "sim/bench_core.py",
        "hdl/lutgen_uart.v",
        "boards/icebreaker.toml",
    ):
        assert f"lutgen/_assets/{asset}" in names
    assert {name for name in names if name.endswith((".html", ".css"))}  # the report's template
    assert "lutgen/py.typed" in names


def test_the_files_of_families_travel_with_them(wheel: zipfile.ZipFile) -> None:
    folders = [path for path in (ROOT / "lutgen" / "chips").iterdir() if path.is_dir()]
    files = {
        str(path.relative_to(ROOT))
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {"lutgen/chips/ice40/delays.json", "lutgen/chips/ecp5/routed.v"} <= files
    assert files <= set(wheel.namelist())


def test_an_installed_wheel_finds_its_assets(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    code = "from lutgen.assets import asset; print(asset('sim/bench_core.py'))"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(found.stdout.strip()) == tmp_path / "lutgen/_assets/sim/bench_core.py"


def test_the_wheel_and_what_it_requires_are_enough_on_any_system(
    wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    folder = tmp_path / "venv"
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/*/site-packages")
    wheel.extractall(packages)
    for found in needed():
        for path in {file.parts[0] for file in found.files or () if file.parts[0] != ".."}:
            if path != "__pycache__":
                (packages / path).symlink_to(found.locate_file(path))
    (packages / "sitecustomize.py").write_text(ELSEWHERE)
    python = folder / "bin" / "python"
    for lacking in ("pysat", "cocotb", "amaranth", "pytest", "fcntl"):
        done = subprocess.run([python, "-c", f"import {lacking}"], capture_output=True, check=False)
        assert done.returncode, f"{lacking} is there, so this environment says nothing"
    checks = script("check_wheel")
    checks.try_out(python, tmp_path / "work", checks.ALONE)


def needed() -> list[Distribution]:
    """Return the distributions that lutgen requires without an extra, and what these require."""
    found: dict[str, Distribution] = {}
    wanted = ["lutgen"]
    while wanted:
        for text in requires(wanted.pop()) or ():
            requirement = Requirement(text)
            name = re.sub(r"[-_.]+", "-", requirement.name).lower()
            if name in found or not (
                requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            ):
                continue
            found[name] = distribution(name)
            wanted.append(name)
    return list(found.values())


def script(name: str) -> ModuleType:
    """Return a script of .ci as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_check_of_the_wheel_that_fails_says_what_was_said(tmp_path: Path) -> None:
    checks = script("check_wheel")
    with pytest.raises(SystemExit, match=r"nothing\.npz"):
        checks.try_out(Path(sys.executable), tmp_path / "work", ("evaluate nothing.npz",))


def test_a_family_with_an_open_router_has_an_extra(wheel: zipfile.ZipFile) -> None:
    metadata = read_metadata(wheel)
    for family in families().values():
        if family.router and family.folder and ROOT in family.folder.parents:
            extra = rf"^Requires-Dist: {family.router.package}\b.*extra == '{family.name}'$"
            assert re.search(extra, metadata, re.MULTILINE), family.name


def read_metadata(wheel: zipfile.ZipFile) -> str:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return wheel.read(name).decode()


def test_no_link_of_the_metadata_needs_a_file_beside_it(wheel: zipfile.ZipFile) -> None:
    text = read_metadata(wheel)
    assert "# lutgen" in text
    assert not re.findall(r"\]\((?!https?:)[^)]*\)", text)


def test_links_of_the_readme_become_whole_where_the_repository_is_known() -> None:
    metadata = script("metadata")
    text = "![MNIST](docs/a.svg) and [pages](docs/README.md#start) and [PyPI](https://pypi.org)"
    assert metadata.readme(text, "") == " and pages and [PyPI](https://pypi.org)"
    assert metadata.readme(text, "some/one") == (
        "![MNIST](https://raw.githubusercontent.com/some/one/HEAD/docs/a.svg) and "
        "[pages](https://github.com/some/one/blob/HEAD/docs/README.md#start) and "
        "[PyPI](https://pypi.org)"
    )
    assert metadata.urls("some/one")["Documentation"] == "https://some.github.io/one/"
    assert metadata.urls("") == {}
