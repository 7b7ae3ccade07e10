"""What must be there: skipped with a reason, or failed if LUTGEN_REQUIRE names it."""

from __future__ import annotations

from pathlib import Path

import needed
import pytest
from needed import need_folder, need_module, need_tool

from lutgen.errors import ToolError

Failed, Skipped = pytest.fail.Exception, pytest.skip.Exception


def no_tool() -> None:
    raise ToolError("Icarus Verilog is not installed")


@pytest.mark.parametrize(
    ("require", "outcome"),
    [("", Skipped), ("data,fixtures", Skipped), ("tools", Failed), ("data, tools", Failed)],
)
def test_a_missing_tool(monkeypatch: pytest.MonkeyPatch, require: str, outcome: type) -> None:
    monkeypatch.setenv("LUTGEN_REQUIRE", require)
    with pytest.raises(outcome, match="Icarus Verilog is not installed"):
        need_tool(no_tool)
    with pytest.raises(outcome, match="No module named 'none'; pip install none"):
        need_module("none", "pip install none")
    assert need_module("json", "") is not None


@pytest.mark.parametrize("kind", ["data", "fixtures"])
def test_folders_are_named_or_lie_beside_the_checkout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    variable = f"LUTGEN_{kind.upper()}"
    (tmp_path / kind / "set").mkdir(parents=True)
    monkeypatch.setattr(needed, "_SHARED", tmp_path)
    monkeypatch.delenv(variable, raising=False)
    assert need_folder(kind, "set") == tmp_path / kind / "set"
    monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
    monkeypatch.setenv("LUTGEN_REQUIRE", "tools")
    with pytest.raises(Skipped, match=rf"elsewhere.set; name a folder .* in \${variable}"):
        need_folder(kind, "set")
    monkeypatch.setenv("LUTGEN_REQUIRE", kind)
    with pytest.raises(Failed, match=f"LUTGEN_REQUIRE has '{kind}'"):
        need_folder(kind, "set")


def test_an_unknown_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUTGEN_REQUIRE", "tool")
    with pytest.raises(ValueError, match="tool is none of tools, data, fixtures"):
        needed.required()
