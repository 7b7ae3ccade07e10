"""What is in the wheel: the package and its assets, and nothing beside it in site-packages."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


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
