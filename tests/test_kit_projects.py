"""Vendors' projects that Edalize writes: what they say, their Tcl run with stubs for the tool."""

import re
from pathlib import Path

import pytest
from kits import X, core
from needed import need_module

from lutgen.errors import ConfigError, ToolError
from lutgen.jobs.export import export
from lutgen.kit.projects import TOOLS

PARTS = {
    "vivado": {"part": "xc7a35tcpg236-1"},
    "quartus": {"family": "Cyclone V", "device": "5CSEBA6U23I7"},
    "diamond": {"part": "LFE5U-25F-6BG381C"},
    "radiant": {"part": "LIFCL-40-9BG400C"},
    "libero": {"family": "PolarFire", "die": "MPF300T", "package": "FCG1152"},
    "efinity": {"family": "Titanium", "part": "Ti60F225", "timing": "C4"},
    "gowin": {"part": "GW1N-LV1QN48C6/I5"},
}
SOURCES = ("rtl/iris.v", "rtl/iris_stream.v", "rtl/lutgen_stream.v")


def commands(path: Path) -> list[tuple[str, ...]]:
    """Return what a Tcl script calls of the tool that it is for: any command that Tcl has not."""
    tkinter = need_module("tkinter", "install Tcl/Tk for Python")
    tcl = tkinter.Tcl()
    found: list[tuple[str, ...]] = []

    def called(*words: str) -> str:
        found.append(words)
        return ""

    tcl.createcommand("unknown", called)
    tcl.createcommand("exit", lambda *_: "")
    tcl.eval(f"cd {{{path.parent}}}; source {{{path.name}}}")
    return found


@pytest.mark.parametrize("tool", TOOLS)
def test_a_project_has_all_files_and_its_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    need_module("edalize", "pip install edalize")
    monkeypatch.setenv("EFINITY_HOME", "/opt/efinity")
    record = export(
        core(), tmp_path, shell="stream", X=X, project=tool, project_options=PARTS[tool]
    )
    ours = [name for name in record.files if name.startswith(f"project/{tool}/")]
    assert ours and all((tmp_path / name).is_file() for name in ours)
    main = next(
        tmp_path / name
        for name in ours
        if re.search(r"iris_stream(-project)?\.(tcl|xml)$|gowin_template\.tcl$", name)
    )
    text = main.read_text()
    told = text if main.suffix == ".xml" else repr(commands(main))
    readme = (tmp_path / "README.md").read_text()
    assert f"`project/{tool}/` is a project of {TOOLS[tool].title};" in readme
    assert "No vendor's tool has read the constraints, the project or" in readme
    for name in SOURCES:
        assert f"../../{name}" in told, told
        assert (main.parent / "../.." / name).is_file()
    assert all(value in told for value in PARTS[tool].values())
    constraints = "xdc" if tool == "vivado" else "sdc"
    assert f"../../constraints/iris_stream.{constraints}" in told
    assert re.search(r"top\w*\W+[^,]*iris_stream|TOP_LEVEL_ENTITY\W+iris_stream|set_root", told)

    # another kit of the same core leaves no project of before behind
    export(core(), tmp_path, shell="stream", X=X)
    assert not list((tmp_path / "project").rglob("*.*"))


def test_what_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def tried(tool: str, chip: str = "generic", **options: str) -> None:
        export(core(chip), tmp_path, X=X, project=tool, project_options=options)

    with pytest.raises(ConfigError, match="no project 'ise'; there are: vivado"):
        tried("ise")
    with pytest.raises(ConfigError, match=r"needs --project-option device=…"):
        tried("quartus", family="Cyclone V")
    with pytest.raises(ConfigError, match=r"does not build for .* --chip generic or --chip xcup"):
        tried("vivado", "ice40", part="xc7a35tcpg236-1")
    monkeypatch.delenv("EFINITY_HOME", raising=False)
    with pytest.raises(ToolError, match="set EFINITY_HOME"):
        tried("efinity", **PARTS["efinity"])
    with pytest.raises(ConfigError, match=r"no option 'speed' for AMD Vivado; it has: .*part"):
        tried("vivado", part="xc7a35tcpg236-1", speed="3")
    assert not list(tmp_path.iterdir())
